#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The bytes of a pool's pages: one reservation, of which the system gives what is touched.
///
/// A page is not cleared between sequences: its rows past a sequence's end hold what somebody else computed, and the kernels
/// look at no row past the end.
// Unchecked: the address never changes; the inference thread alone reads and writes what is there.
package final class PageMemory: @unchecked Sendable {
    let layout: PageLayout
    let count: Int
    private let base: UnsafeMutableRawPointer
    /// Bytes from one page to the next.
    private let stride: Int

    /// - Throws: `ModelFileError` with code `outOfResources` if there is no room for even one page.
    convenience init(_ layout: PageLayout, byteBudget: Int) throws(ModelFileError) {
        let stride = Self.stride(layout)
        let count = max(0, byteBudget) / stride
        guard count > 0 else {
            throw ModelFileError(
                .outOfResources,
                "needs pages of \(stride) bytes, and only \(byteBudget) bytes may be used for them",
                path: "the page memory"
            )
        }
        try self.init(layout, count: count)
    }

    /// - Parameter count: of pages, 1 or more.
    /// - Throws: `ModelFileError` with code `outOfResources` if the memory cannot be had.
    package init(_ layout: PageLayout, count: Int) throws(ModelFileError) {
        precondition(count > 0, "a memory without pages")
        self.layout = layout
        self.count = count
        stride = Self.stride(layout)
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let base = mmap(nil, count * stride, PROT_READ | PROT_WRITE, flags, -1, 0), base != MAP_FAILED else {
            throw ModelFileError(
                .outOfResources,
                "needs \(count * stride) bytes of memory: \(String(cString: strerror(errno)))",
                path: "the page memory"
            )
        }
        self.base = base
    }

    deinit { munmap(base, count * stride) }

    private static func stride(_ layout: PageLayout) -> Int {
        (layout.byteCount + PageLayout.alignment - 1) / PageLayout.alignment * PageLayout.alignment
    }

    package subscript(page: Int) -> UnsafeMutableRawPointer { base + page * stride }

    /// Makes the first tokens of one page those of another: their keys and values in the first layers, and their residuals.
    func copy(_ page: Int, to other: Int, tokens: Int, layers: Int) {
        // Keys lie transposed: the whole of a layer is copied at once, and what follows the tokens is overwritten or not looked at.
        self[other].copyMemory(from: self[page], byteCount: layers * layout.layerBytes)
        layout.residual(self[other], row: 0)
            .update(from: layout.residual(self[page], row: 0), count: tokens * layout.width)
    }
}

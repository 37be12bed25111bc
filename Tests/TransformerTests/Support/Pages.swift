@testable import Transformer

/// Pages of one sequence, freed at the end.
final class Pages {
    let pages: [UnsafeMutableRawPointer]
    private let layout: PageLayout

    /// - Parameter fill: what unwritten places hold; 0xff is NaN as float16 and float32.
    init(_ model: PackedModel, tokens: Int, fill: UInt8 = 0xff) {
        let layout = PageLayout(model.configuration)
        self.layout = layout
        pages = (0..<PageLayout.pages(for: tokens)).map { _ in
            let page = UnsafeMutableRawPointer.allocate(byteCount: layout.byteCount, alignment: PageLayout.alignment)
            page.initializeMemory(as: UInt8.self, repeating: fill, count: layout.byteCount)
            return page
        }
    }

    deinit {
        for page in pages { page.deallocate() }
    }

    /// The state of a token after the exit depth.
    func residual(_ row: Int, width: Int) -> [Float] {
        let state = layout.residual(pages[row / PageLayout.tokens], row: row % PageLayout.tokens)
        return Array(UnsafeBufferPointer(start: state, count: width))
    }
}

/// Floats in memory of their own, aligned to a cache line, not yet written; pages are taken when touched.
// Unchecked: whoever holds the buffer sees to it that writers are alone.
final class FloatBuffer: @unchecked Sendable {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        let bytes = max(count, 16) * MemoryLayout<Float>.stride
        let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        self.base = memory.bindMemory(to: Float.self, capacity: max(count, 16))
        self.count = count
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }

    /// A copy of `values`, padded with zeros to `count`.
    convenience init(_ values: [Float], paddedTo count: Int? = nil) {
        self.init(count ?? values.count)
        base.initialize(repeating: 0, count: self.count)
        for (index, value) in values.prefix(self.count).enumerated() { base[index] = value }
    }
}

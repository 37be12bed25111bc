/// Keys and values of every layer for one sequence: [layer][kv head][capacity][head width], float32.
///
/// Allocated once; pages are taken when a position is first written.
final class KVCache {
    let capacity: Int
    private let keys: FloatBuffer
    private let values: FloatBuffer
    private let sizes: LlamaConfiguration

    init(_ sizes: LlamaConfiguration, capacity: Int) {
        self.capacity = capacity
        self.sizes = sizes
        let count = sizes.layers * sizes.kvWidth * capacity
        self.keys = FloatBuffer(count)
        self.values = FloatBuffer(count)
    }

    /// [kv head][capacity][head width] of one layer.
    func keys(layer: Int) -> UnsafeMutablePointer<Float> { keys.base + layer * sizes.kvWidth * capacity }
    func values(layer: Int) -> UnsafeMutablePointer<Float> { values.base + layer * sizes.kvWidth * capacity }

    /// Stores rows of [kv head][head width], the first at `position`.
    func store(
        keys newKeys: UnsafePointer<Float>,
        values newValues: UnsafePointer<Float>,
        tokens: Int,
        at position: Int,
        layer: Int
    ) {
        let width = sizes.headWidth
        for head in 0..<sizes.kvHeads {
            let keyPlane = keys(layer: layer) + head * capacity * width
            let valuePlane = values(layer: layer) + head * capacity * width
            for token in 0..<tokens {
                let source = token * sizes.kvWidth + head * width
                let target = (position + token) * width
                (keyPlane + target).update(from: newKeys + source, count: width)
                (valuePlane + target).update(from: newValues + source, count: width)
            }
        }
    }
}

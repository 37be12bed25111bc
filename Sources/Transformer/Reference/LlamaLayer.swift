/// The weights of one transformer block.
struct LlamaLayer: Sendable {
    let attentionNorm: WeightMatrix
    let query: WeightMatrix
    let key: WeightMatrix
    let value: WeightMatrix
    let attentionOutput: WeightMatrix
    let feedForwardNorm: WeightMatrix
    let gate: WeightMatrix
    let up: WeightMatrix
    let down: WeightMatrix

    /// - Parameter unread: names of the file's tensors; those of the block are taken out.
    init(
        _ file: GGUFFile,
        _ index: Int,
        _ sizes: LlamaConfiguration,
        unread: inout Set<String>
    ) throws(ModelFileError) {
        func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(ModelFileError) -> WeightMatrix {
            let name = "blk.\(index).\(name).weight"
            unread.remove(name)
            return try WeightMatrix(file, name, rows: rows, columns: columns)
        }
        attentionNorm = try matrix("attn_norm", 1, sizes.width)
        query = try matrix("attn_q", sizes.width, sizes.width)
        key = try matrix("attn_k", sizes.kvWidth, sizes.width)
        value = try matrix("attn_v", sizes.kvWidth, sizes.width)
        attentionOutput = try matrix("attn_output", sizes.width, sizes.width)
        feedForwardNorm = try matrix("ffn_norm", 1, sizes.width)
        gate = try matrix("ffn_gate", sizes.feedForwardWidth, sizes.width)
        up = try matrix("ffn_up", sizes.feedForwardWidth, sizes.width)
        down = try matrix("ffn_down", sizes.width, sizes.feedForwardWidth)
        _ = try attentionNorm.floats("blk.\(index).attn_norm", path: file.path)
        _ = try feedForwardNorm.floats("blk.\(index).ffn_norm", path: file.path)
    }
}

/// Buffers for the tokens that go through a layer together; allocated once per session.
struct Workspace {
    /// Tokens per block: enough to pay for expanding a panel of weights, few enough to stay in cache.
    static let blockTokens = 128

    /// [block][width]
    let normed: FloatBuffer
    /// [block][heads][head width]
    let queries: FloatBuffer
    /// [block][kv heads][head width]
    let keys: FloatBuffer
    let values: FloatBuffer
    /// [block][heads][head width]
    let attended: FloatBuffer
    /// [block][feed-forward width]
    let gate: FloatBuffer
    let up: FloatBuffer
    /// [block][rank], the inner vectors of an adapted product
    let lowRank: FloatBuffer
    /// [width], the last norm's output for one row
    let row: FloatBuffer
    /// [vocabulary]
    let logits: FloatBuffer

    init(_ sizes: LlamaConfiguration) {
        let block = Self.blockTokens
        normed = FloatBuffer(block * sizes.width)
        queries = FloatBuffer(block * sizes.width)
        keys = FloatBuffer(block * sizes.kvWidth)
        values = FloatBuffer(block * sizes.kvWidth)
        attended = FloatBuffer(block * sizes.width)
        gate = FloatBuffer(block * sizes.feedForwardWidth)
        up = FloatBuffer(block * sizes.feedForwardWidth)
        lowRank = FloatBuffer(block * LowRankAdapter.maximumRank)
        row = FloatBuffer(sizes.width)
        logits = FloatBuffer(sizes.vocabulary)
    }
}

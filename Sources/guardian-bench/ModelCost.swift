import Transformer

/// What a model's linear layers cost, for shares of the machine's limits. Attention is left out: the shares are a little too low.
struct ModelCost {
    private let sizes: LlamaConfiguration

    init(_ sizes: LlamaConfiguration) { self.sizes = sizes }

    /// 8-bit weights of a layer.
    private var layerWeights: Int {
        sizes.width * (2 * sizes.width + 2 * sizes.kvWidth) + 3 * sizes.width * sizes.feedForwardWidth
    }

    /// Operations of one token through layers; a multiplication and an addition are two.
    func operations(layers: Int) -> Double { 2 * Double(layerWeights) * Double(layers) }

    /// Bytes of weights that one step reads for a token and its logits, scales and offsets of the rows included.
    var decodeBytes: Double {
        let rows = 2 * sizes.width + 2 * sizes.kvWidth + 2 * sizes.feedForwardWidth
        let layer = layerWeights + 8 * rows
        return Double(sizes.layers * layer + sizes.vocabulary * (sizes.width + 8))
    }
}

import Transformer

/// What a model's linear layers cost, for shares of the machine's limits. Attention is left out: the shares are a little too low.
struct ModelCost {
    private let sizes: LlamaConfiguration

    init(_ sizes: LlamaConfiguration) { self.sizes = sizes }

    /// 8-bit weights of a layer.
    private var layerWeights: Int {
        sizes.width * (2 * sizes.width + 2 * sizes.kvWidth) + 3 * sizes.width * sizes.feedForwardWidth
    }

    /// Operations of one token through the first layers; a multiplication and an addition are two.
    func operations(layers: Int) -> Double { 2 * Double(layerWeights) * Double(layers) }

    /// Operations of one token, on average, of a text that goes through all layers to the logits of its last token: the others
    /// leave their keys and values in the last layer and need no more of it.
    ///
    /// - Parameter length: tokens of the text.
    func operations(length: Int) -> Double {
        let projections = sizes.width * (sizes.width + 2 * sizes.kvWidth)
        let all = layerWeights * (sizes.layers - 1) + projections
        let last = layerWeights - projections + sizes.vocabulary * sizes.width
        return 2 * (Double(all) + Double(last) / Double(length))
    }

    /// Bytes of weights that one step reads for a token and its logits, scales and offsets of the rows included.
    var decodeBytes: Double {
        let rows = 3 * sizes.width + 2 * sizes.kvWidth + 2 * sizes.feedForwardWidth
        let layer = layerWeights + 8 * rows
        return Double(sizes.layers * layer + sizes.vocabulary * (sizes.width + 8))
    }
}

/// The vectors of a layer that go into products with weights; products that share one are named together.
enum LayerInput: Int, CaseIterable, Sendable {
    case queryKeyValue
    case attentionOutput
    case gateUp
    case down
}

extension LlamaConfiguration {
    /// The width of a layer's input.
    func width(of input: LayerInput) -> Int { input == .down ? feedForwardWidth : width }
}

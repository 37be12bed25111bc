/// How large the inputs of each layer's products become: what smoothing balances the weights against.
struct ActivationRange: Sendable {
    /// [layer][input]
    private let maxima: [[ColumnMaxima]]

    /// Measures with the float path.
    ///
    /// - Parameter windows: token sequences, each read from an empty context.
    /// - Throws: `ModelFileError` if a token is none of the model's, or the model's numbers are not finite.
    init(of model: LlamaModel, adapter: LowRankAdapter?, windows: [[Int32]]) throws(ModelFileError) {
        let sizes = model.configuration
        let inputs = LayerInput.allCases.map { ColumnMaxima(columns: sizes.width(of: $0)) }
        let session = Session(model: model, capacity: windows.map(\.count).max() ?? 1)
        // The session calls back while it is asked; it is gone before the range is used.
        let recorder = Recorder(Array(repeating: inputs, count: sizes.layers))
        session.onInput = recorder.record
        for window in windows {
            session.reset()
            do throws(SessionError) {
                try session.append(window, adapter: adapter)
            } catch {
                throw ModelFileError(.malformed, "cannot read the calibration text: \(error)", path: model.file.path)
            }
        }
        maxima = recorder.maxima
        guard maxima.joined().allSatisfy(\.areFinite) else {
            throw ModelFileError(.malformed, "computes numbers that are not finite", path: model.file.path)
        }
    }

    /// The greatest magnitude of each of an input's numbers.
    subscript(layer: Int, input: LayerInput) -> [Float] { maxima[layer][input.rawValue].values }

    private final class Recorder {
        var maxima: [[ColumnMaxima]]

        init(_ maxima: [[ColumnMaxima]]) { self.maxima = maxima }

        func record(_ layer: Int, _ input: LayerInput, _ values: UnsafeBufferPointer<Float>) {
            maxima[layer][input.rawValue].take(values)
        }
    }
}

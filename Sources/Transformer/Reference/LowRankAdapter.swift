/// A low-rank change to some weights of a model, applied at run time: y = W x + scale * B (A x).
///
/// The file names its matrices `layers.{i}.{module}.lora_a`, [rank, in], and `.lora_b`, [out, rank].
package final class LowRankAdapter: Sendable {
    /// The matrices of a block that can be adapted, by their names in the file.
    package enum Module: String, Sendable, CaseIterable {
        case query = "attn_q"
        case key = "attn_k"
        case value = "attn_v"
        case attentionOutput = "attn_output"
        case gate = "ffn_gate"
        case up = "ffn_up"
        case down = "ffn_down"
    }

    private struct Place: Hashable {
        var layer: Int
        var module: Module
    }

    static let maximumRank = 256

    private let deltas: [Place: LowRankDelta]

    /// The layers that are changed.
    package let layers: Set<Int>

    /// - Parameters:
    ///   - path: a safetensors file.
    ///   - scale: factor of the change.
    ///   - configuration: the model it is for.
    package init(
        contentsOf path: String,
        scale: Float,
        for configuration: LlamaConfiguration
    ) throws(ModelFileError) {
        let file = try SafetensorsFile(path: path)
        var deltas: [Place: LowRankDelta] = [:]
        var used = 0
        for layer in 0..<configuration.layers {
            for module in Module.allCases {
                let name = "layers.\(layer).\(module.rawValue)"
                guard let shape = file.shape("\(name).lora_a") else { continue }
                guard shape.count == 2, (1...Self.maximumRank).contains(shape[0]) else {
                    throw ModelFileError(.malformed, "gives \(name).lora_a the shape \(shape)", path: path)
                }
                let sizes = configuration.shape(of: module)
                deltas[Place(layer: layer, module: module)] = LowRankDelta(
                    a: try file.floats("\(name).lora_a", shape: [shape[0], sizes.columns]),
                    b: try file.floats("\(name).lora_b", shape: [sizes.rows, shape[0]]),
                    rank: shape[0],
                    rows: sizes.rows,
                    columns: sizes.columns,
                    scale: scale
                )
                used += 2
            }
        }
        // A name that was not understood would be a change silently left out.
        guard used == file.names.count, used > 0 else {
            throw ModelFileError(
                .malformed,
                "holds \(file.names.count) tensors of which \(used) fit this model",
                path: path
            )
        }
        self.deltas = deltas
        self.layers = Set(deltas.keys.map(\.layer))
    }

    subscript(layer: Int, module: Module) -> LowRankDelta? { deltas[Place(layer: layer, module: module)] }
}

/// One adapted matrix: `a` is [rank, in], `b` is [out, rank] with the scale in it; the rank is padded with zeros to
/// the kernels' sixteen lanes.
struct LowRankDelta: Sendable {
    let a: WeightMatrix
    let b: WeightMatrix

    init(a: [Float], b: [Float], rank: Int, rows: Int, columns: Int, scale: Float) {
        let padded = (rank + 15) / 16 * 16
        self.a = WeightMatrix(rows: padded, columns: columns, FloatBuffer(a, paddedTo: padded * columns))
        var scaled = [Float](repeating: 0, count: rows * padded)
        for row in 0..<rows {
            for column in 0..<rank { scaled[row * padded + column] = b[row * rank + column] * scale }
        }
        self.b = WeightMatrix(rows: rows, columns: padded, FloatBuffer(scaled))
    }
}

extension LlamaConfiguration {
    /// Rows (outputs) and columns (inputs) of a block's matrix.
    func shape(of module: LowRankAdapter.Module) -> (rows: Int, columns: Int) {
        switch module {
        case .query, .attentionOutput: (width, width)
        case .key, .value: (kvWidth, width)
        case .gate, .up: (feedForwardWidth, width)
        case .down: (width, feedForwardWidth)
        }
    }
}

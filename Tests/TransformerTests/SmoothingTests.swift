import Foundation
import Testing

@testable import Transformer

struct SmoothingTests {
    private static let windows: [[Int32]] = [[1, 4, 9, 30, 22, 7, 49], [1, 3, 3, 17, 40]]

    @Test func aFactorBalancesActivationsAgainstWeights() {
        let factors = Smoothing.factors(activations: [1, 32, 0.5], weights: [1, 0.5, 4])
        let expected: [Double] = [1, pow(32, 0.6) / pow(0.5, 0.4), pow(0.5, 0.6) / pow(4, 0.4)]
        for (factor, value) in zip(factors, expected) { #expect(abs(Double(factor) - value) < 1e-6 * value) }
    }

    @Test func factorsStayInBoundsWhateverTheNumbers() {
        let extremes: [Float] = [
            0, .leastNonzeroMagnitude, 1e-30, 1, 1e30, .greatestFiniteMagnitude, .infinity, .nan,
        ]
        for activation in extremes {
            for weight in extremes {
                let factor = Smoothing.factors(activations: [activation], weights: [weight])[0]
                #expect(factor >= 0.999e-3 && factor <= 1.001e3)
            }
        }
        #expect(Smoothing.factors(activations: [0, 3], weights: [3, 0]) == [1, 1])
    }

    /// A model file with the smoothed weights.
    private func smoothed(_ tiny: TinyModel, _ model: LlamaModel) throws -> LlamaModel {
        let range = try ActivationRange(of: model, adapter: nil, windows: Self.windows)
        var changed: [String: [Float]] = [:]
        for index in 0..<TinyModel.layers {
            var layer = MergedLayer(model, index, adapter: nil)
            layer.smooth(index, range, model.configuration)
            let matrices = [
                ("attn_q", layer.query), ("attn_k", layer.key), ("attn_v", layer.value),
                ("attn_output", layer.attentionOutput), ("ffn_gate", layer.gate), ("ffn_up", layer.up),
                ("ffn_down", layer.down),
            ]
            for (name, matrix) in matrices {
                changed["blk.\(index).\(name).weight"] = (0..<matrix.rows).flatMap { matrix.floats(row: $0) }
            }
            changed["blk.\(index).attn_norm.weight"] = layer.attentionNorm
            changed["blk.\(index).ffn_norm.weight"] = layer.feedForwardNorm
        }
        var builder = GGUFBuilder()
        for entry in tiny.builder.metadata { builder.append(entry) }
        for tensor in tiny.builder.tensors {
            let data = changed[tensor.name].map { $0.map { GGUFBuilder.bytes($0.bitPattern) }.reduce(Data(), +) }
            builder.tensor(tensor.name, tensor.shape, type: 0, data ?? tensor.data)
        }
        return try TemporaryFile(builder.data).withPath { try LlamaModel(contentsOf: $0) }
    }

    @Test func smoothingLeavesTheModelsFunctionAsItWas() throws {
        let tiny = TinyModel()
        let model = try tiny.model()
        let other = try smoothed(tiny, model)
        let plain = MergedLayer(model, 1, adapter: nil)
        let changed = MergedLayer(other, 1, adapter: nil)
        #expect(plain.attentionNorm != changed.attentionNorm)
        #expect(plain.down.floats(row: 3) != changed.down.floats(row: 3))
        #expect(plain.attentionOutput.floats(row: 3) != changed.attentionOutput.floats(row: 3))

        let tokens: [Int32] = [1, 8, 41, 3, 19, 27, 27, 5]
        let logits = try [model, other].map { model in
            let session = Session(model: model, capacity: 16)
            try session.append(tokens)
            return session.withLogits(at: tokens.count - 1) { Array($0) }
        }
        let greatest = logits[0].map(abs).max() ?? 1
        for (a, b) in zip(logits[0], logits[1]) { #expect(abs(a - b) <= 2e-5 * greatest) }
    }

    @Test func valuesThatSeveralHeadsReadShareTheirFactors() throws {
        let model = try TinyModel().model()
        let range = try ActivationRange(of: model, adapter: nil, windows: Self.windows)
        let plain = MergedLayer(model, 0, adapter: nil)
        var layer = MergedLayer(model, 0, adapter: nil)
        layer.smooth(0, range, model.configuration)
        let sizes = model.configuration
        // Heads 0 and 1 read the first key head, 2 and 3 the second.
        for head in 0..<sizes.heads {
            for dimension in 0..<sizes.headWidth {
                let column = head * sizes.headWidth + dimension
                let row = head / 2 * sizes.headWidth + dimension
                let raised = layer.attentionOutput.floats(row: 5)[column] / plain.attentionOutput.floats(row: 5)[column]
                // Both were scaled by what smooths a value's row and by what smooths the norm before it.
                let before = plain.attentionNorm[9] / layer.attentionNorm[9]
                let lowered = plain.value.floats(row: row)[9] / layer.value.floats(row: row)[9] * before
                #expect(abs(raised - lowered) <= 1e-4 * raised)
            }
        }
    }

    @Test func theRangeIsTheGreatestInputOfAnyToken() throws {
        let model = try TinyModel().model()
        let both = try ActivationRange(of: model, adapter: nil, windows: Self.windows)
        let parts = try Self.windows.map { try ActivationRange(of: model, adapter: nil, windows: [$0]) }
        for layer in 0..<TinyModel.layers {
            for input in LayerInput.allCases {
                let expected = Smoothing.maxima(parts.map { $0[layer, input] })
                #expect(both[layer, input] == expected)
                #expect(expected.count == model.configuration.width(of: input))
                #expect(expected.allSatisfy { $0 >= 0 } && expected.contains { $0 > 0 })
            }
        }
    }
}

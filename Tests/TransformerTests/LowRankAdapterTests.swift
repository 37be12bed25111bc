import Foundation
import Testing

@testable import Transformer

struct LowRankAdapterTests {
    struct Part {
        var name: String
        var shape: [Int]
        var values: [Float]
    }

    func file(_ parts: [Part]) throws -> TemporaryFile {
        var entries: [String] = []
        var body = Data()
        for part in parts {
            let bytes = SafetensorsFileTests.floats(part.values)
            let range = "[\(body.count),\(body.count + bytes.count)]"
            entries.append(#""\#(part.name)":{"dtype":"F32","shape":\#(part.shape),"data_offsets":\#(range)}"#)
            body += bytes
        }
        return try TemporaryFile(SafetensorsFileTests.data("{\(entries.joined(separator: ","))}", body))
    }

    func pair(_ name: String, rank: Int, columns: Int, rows: Int) -> [Part] {
        var source = SplitMix64(seed: UInt64(rows + columns))
        func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float(source.unit() - 0.5) * 0.2 } }
        return [
            Part(name: "\(name).lora_a", shape: [rank, columns], values: values(rank * columns)),
            Part(name: "\(name).lora_b", shape: [rows, rank], values: values(rows * rank)),
        ]
    }

    /// The same change, added to the stored weights themselves.
    private func merged(_ parts: [Part], into builder: GGUFBuilder, tensor name: String, scale: Float) -> GGUFBuilder {
        var target = GGUFBuilder()
        let index = builder.tensors.firstIndex { $0.name == name }
        TinyModel.copy(builder, into: &target, leavingOut: index)
        guard let index else { return target }
        let tensor = builder.tensors[index]
        let (columns, rows, rank) = (Int(tensor.shape[0]), Int(tensor.shape[1]), parts[0].shape[0])
        var data = Data()
        for row in 0..<rows {
            for column in 0..<columns {
                let place = (row * columns + column) * 4
                let bits = tensor.data[place..<place + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
                let delta = (0..<rank).reduce(Float(0)) {
                    $0 + parts[1].values[row * rank + $1] * parts[0].values[$1 * columns + column]
                }
                data += GGUFBuilder.bytes((Float(bitPattern: bits) + scale * delta).bitPattern)
            }
        }
        target.tensor(name, tensor.shape, type: 0, data)
        return target
    }

    @Test(arguments: [
        ("attn_v", 64, 32), ("attn_output", 64, 64), ("ffn_gate", 64, 96), ("ffn_up", 64, 96), ("ffn_down", 96, 64),
        ("attn_q", 64, 64), ("attn_k", 64, 32),
    ])
    func anAdapterActsAsIfItWereInTheWeights(module: String, columns: Int, rows: Int) throws {
        let tiny = TinyModel()
        let parts = pair("layers.2.\(module)", rank: 5, columns: columns, rows: rows)
        let model = try tiny.model()
        let adapter = try file(parts).withPath {
            try LowRankAdapter(contentsOf: $0, scale: 2, for: model.configuration)
        }
        #expect(adapter.layers == [2])

        let session = Session(model: model, capacity: 16)
        session.reset(depth: 1)
        try session.append([5, 6, 7, 8], adapter: adapter)
        try session.deepen(adapter: adapter)
        try session.append([9], adapter: adapter)
        let adapted = session.withLogits(at: 4) { Array($0) }

        let whole = merged(parts, into: tiny.builder, tensor: "blk.2.\(module).weight", scale: 2)
        let mergedModel = try TemporaryFile(whole.data).withPath { try LlamaModel(contentsOf: $0) }
        let reference = Session(model: mergedModel, capacity: 16)
        try reference.append([5, 6, 7, 8, 9])
        let expected = reference.withLogits(at: 4) { Array($0) }
        let plain = Session(model: model, capacity: 16)
        try plain.append([5, 6, 7, 8, 9])
        let unchanged = plain.withLogits(at: 4) { Array($0) }

        let greatest = expected.map(abs).max() ?? 1
        for (a, b) in zip(adapted, expected) { #expect(abs(a - b) <= 2e-5 * greatest) }
        #expect(zip(adapted, unchanged).contains { abs($0 - $1) > 1e-3 * greatest })
    }

    @Test func refusesTensorsThatFitNoPlaceOfTheModel() throws {
        let sizes = try TinyModel().model().configuration
        let good = pair("layers.1.ffn_up", rank: 4, columns: 64, rows: 96)
        let cases: [[Part]] = [
            [], [good[0]], good + [Part(name: "extra", shape: [1], values: [0])],
            pair("layers.3.ffn_up", rank: 4, columns: 64, rows: 96),
            pair("layers.1.ffn_up", rank: 4, columns: 96, rows: 64),
            pair("layers.1.ffn_up", rank: 300, columns: 64, rows: 96),
            pair("layers.1.other", rank: 4, columns: 64, rows: 96),
        ]
        for parts in cases {
            let file = try file(parts)
            #expect(throws: ModelFileError.self) {
                try file.withPath { try LowRankAdapter(contentsOf: $0, scale: 1, for: sizes) }
            }
        }
    }
}

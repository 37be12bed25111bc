import Foundation
import Testing

@testable import Transformer

struct ModelPackerTests {
    private static let windows: [[Int32]] = [[1, 4, 9, 30, 22, 7, 49], [1, 3, 3, 17, 40]]

    @Test(arguments: [TensorType.f32, .q41, .q80])
    func theMatricesHoldTheModelsRowsInOrder(type: TensorType) throws {
        let model = try TinyModel(type).model()
        let packed = try PackedModel(packing: model, exitDepth: 2)
        #expect(packed.configuration == model.configuration)
        #expect(packed.exitDepth == 2)
        #expect(packed.layers.count == TinyModel.layers)
        for (index, layer) in packed.layers.enumerated() {
            let floats = MergedLayer(model, index, adapter: nil)
            let rows = [floats.query, floats.key, floats.value].flatMap { matrix in
                (0..<matrix.rows).map { matrix.floats(row: $0) }
            }
            #expect(layer.queryKeyValue.rows == rows.count)
            for (row, values) in rows.enumerated() {
                #expect(isWithinHalfAStep(layer.queryKeyValue.floats(row: row), of: values))
            }
            for row in 0..<layer.attentionOutput.rows {
                let values = floats.attentionOutput.floats(row: row)
                #expect(isWithinHalfAStep(layer.attentionOutput.floats(row: row), of: values))
                #expect(isWithinHalfAStep(layer.down.floats(row: row), of: floats.down.floats(row: row)))
            }
            for row in 0..<TinyModel.feedForward {
                let place = row / 16 * 32 + row % 16
                #expect(isWithinHalfAStep(layer.gateUp.floats(row: place), of: floats.gate.floats(row: row)))
                #expect(isWithinHalfAStep(layer.gateUp.floats(row: place + 16), of: floats.up.floats(row: row)))
            }
            for column in 0..<TinyModel.width {
                #expect(layer.attentionNorm[column] == floats.attentionNorm[column])
                #expect(layer.feedForwardNorm[column] == floats.feedForwardNorm[column])
            }
        }
        let norm = model.floats(model.outputNorm)
        #expect((0..<TinyModel.width).allSatisfy { packed.outputNorm[$0] == norm[$0] })
    }

    @Test func theEmbeddingIsPackedOnceWhereItIsTheOutputToo() throws {
        let model = try TinyModel().model()
        let packed = try PackedModel(packing: model)
        #expect(packed.embedding.weights == packed.output.weights)
        #expect(packed.embedding.rows == TinyModel.vocabulary && packed.embedding.paddedRows == 64)
        for row in 0..<TinyModel.vocabulary {
            var values = [Float](repeating: 0, count: TinyModel.width)
            model.pool.expand(model.embedding, rows: row..<row + 1, into: &values)
            #expect(isWithinHalfAStep(packed.embedding.floats(row: row), of: values))
        }
        #expect((TinyModel.vocabulary..<64).allSatisfy { packed.embedding.scales[$0] == 0 })
    }

    @Test func anOutputOfItsOwnIsPackedApart() throws {
        var tiny = TinyModel()
        let embedding = try #require(tiny.builder.tensors.first)
        // The embedding's rows, negated.
        var negated = [UInt8](embedding.data)
        for sign in stride(from: 3, to: negated.count, by: 4) { negated[sign] ^= 0x80 }
        tiny.builder.tensor("output.weight", embedding.shape, type: 0, Data(negated))
        let packed = try PackedModel(packing: try tiny.model())
        #expect(packed.embedding.weights != packed.output.weights)
        for row in 0..<TinyModel.vocabulary {
            #expect(packed.output.floats(row: row) == packed.embedding.floats(row: row).map { -$0 })
        }
    }

    @Test func theSectionsAreThoseThatWereAnnounced() throws {
        let packer = try ModelPacker(try TinyModel(.q41).model(), calibration: [])
        var lengths: [Int] = []
        try packer.forEachSection { lengths.append($0.count) }
        #expect(lengths == packer.sections.map(\.length))
        #expect(Set(packer.sections.map(\.name)).count == lengths.count)
    }

    @Test func packingAgainGivesTheSameBytesOnAnyNumberOfThreads() throws {
        func bytes(threads: Int) throws -> [UInt8] {
            let model = try TinyModel(.q41).model(threads: threads)
            var bytes: [UInt8] = []
            try ModelPacker(model, calibration: Self.windows).forEachSection { bytes += $0 }
            return bytes
        }
        let first = try bytes(threads: 1)
        #expect(try bytes(threads: 1) == first)
        #expect(try bytes(threads: 2) == first)
    }

    @Test func weightsThatAreNotFiniteAreRefused() throws {
        for name in ["token_embd.weight", "blk.1.attn_v.weight", "blk.2.ffn_norm.weight", "output_norm.weight"] {
            let source = TinyModel().builder
            let index = try #require(source.tensors.firstIndex { $0.name == name })
            let tensor = source.tensors[index]
            var copy = GGUFBuilder()
            TinyModel.copy(source, into: &copy, leavingOut: index)
            let data = GGUFBuilder.bytes(Float.nan.bitPattern) + tensor.data.dropFirst(4)
            copy.tensor(name, tensor.shape, type: 0, data)
            let model = try TemporaryFile(copy.data).withPath { try LlamaModel(contentsOf: $0, threads: 1) }
            let error = #expect(throws: ModelFileError.self) { try PackedModel(packing: model) }
            #expect(error?.code == .malformed)
            #expect(throws: ModelFileError.self) { try PackedModel(packing: model, calibration: [[1, 0, 2]]) }
        }
    }

    @Test func calibrationTokensOutsideTheVocabularyAndDepthsOutsideTheModelAreRefused() throws {
        let model = try TinyModel().model()
        #expect(throws: ModelFileError.self) { try PackedModel(packing: model, calibration: [[1, 50]]) }
        #expect(throws: ModelFileError.self) { try PackedModel(packing: model, calibration: [[1, -1]]) }
        #expect(throws: ModelFileError.self) { try PackedModel(packing: model, exitDepth: 0) }
        #expect(throws: ModelFileError.self) { try PackedModel(packing: model, exitDepth: 4) }
    }
}

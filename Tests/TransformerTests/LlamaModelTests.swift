import Foundation
import Testing

@testable import Transformer

struct LlamaModelTests {
    private func code(_ builder: GGUFBuilder) throws -> ModelFileError.Code? {
        try TemporaryFile(builder.data).withPath { path -> ModelFileError.Code? in
            do throws(ModelFileError) {
                _ = try LlamaModel(contentsOf: path)
                return nil
            } catch {
                return error.code
            }
        }
    }

    @Test func readsTheSizes() throws {
        let model = try TinyModel().model()
        #expect(model.configuration.layers == 3)
        #expect(model.configuration.headWidth == 16)
        #expect(model.configuration.kvWidth == 32)
        #expect(model.configuration.vocabulary == 50)
        #expect(model.maximumPositions == 256)
    }

    @Test func refusesAnotherArchitecture() throws {
        var builder = GGUFBuilder()
        builder.set("general.architecture", "gpt2")
        #expect(try code(builder) == .unsupported)
        #expect(try code(GGUFBuilder()) == .missing)
    }

    @Test func refusesAScaledRotation() throws {
        var tiny = TinyModel()
        tiny.builder.set("llama.rope.scaling.type", "linear")
        #expect(try code(tiny.builder) == .unsupported)
    }

    @Test(arguments: ["llama.rope.scaling.factor", "llama.rope.scale_linear"])
    func refusesARotationThatAFactorAloneScales(key: String) throws {
        for factor in [4, 0.5, -1, .nan] as [Float] {
            var tiny = TinyModel()
            tiny.builder.set(key, factor)
            #expect(try code(tiny.builder) == .unsupported, "\(factor)")
        }
    }

    @Test func readsAModelThatSaysThatItsRotationIsNotScaled() throws {
        for factor in [0, 1] as [Float] {
            var tiny = TinyModel()
            tiny.builder.set("llama.rope.scaling.type", "none")
            tiny.builder.set("llama.rope.scaling.factor", factor)
            tiny.builder.set("llama.rope.scale_linear", factor)
            #expect(try code(tiny.builder) == nil, "\(factor)")
        }
    }

    @Test(arguments: ["blk.0.attn_q.bias", "blk.2.attn_q_norm.weight", "blk.3.attn_q.weight", "output.bias"])
    func refusesATensorThatWouldNotBeComputedByName(name: String) throws {
        var tiny = TinyModel()
        tiny.builder.tensor(name, [64], type: 0, Data(count: 64 * 4))
        let error = #expect(throws: ModelFileError.self) { try tiny.model() }
        #expect(error?.code == .unsupported)
        #expect(error?.reason.contains(name) == true)
    }

    @Test func refusesAModelWithoutOneOfItsTensors() throws {
        let whole = TinyModel().builder
        for left in whole.tensors.indices {
            var builder = GGUFBuilder()
            TinyModel.copy(whole, into: &builder, leavingOut: left)
            #expect(try code(builder) == .missing, "\(whole.tensors[left].name)")
        }
    }

    @Test func refusesATensorOfAnotherShape() throws {
        let whole = TinyModel().builder
        var builder = GGUFBuilder()
        let index = try #require(whole.tensors.firstIndex { $0.name == "blk.1.ffn_up.weight" })
        TinyModel.copy(whole, into: &builder, leavingOut: index)
        builder.tensor("blk.1.ffn_up.weight", [64, 64], type: 0, Data(count: 64 * 64 * 4))
        #expect(try code(builder) == .malformed)
    }

    @Test(
        arguments: [
            ("llama.block_count", 0), ("llama.block_count", 100_000), ("llama.embedding_length", 0),
            ("llama.embedding_length", 33), ("llama.attention.head_count", 0), ("llama.attention.head_count", 3),
            ("llama.attention.head_count_kv", 0), ("llama.attention.head_count_kv", 3),
            ("llama.feed_forward_length", 31),
            ("llama.context_length", 0), ("llama.context_length", .max), ("llama.rope.dimension_count", 8),
        ] as [(String, UInt32)]
    )
    func refusesSizesThatCannotBe(key: String, value: UInt32) throws {
        var builder = GGUFBuilder()
        TinyModel.copy(TinyModel().builder, into: &builder, leavingOut: nil, replacing: key)
        builder.set(key, value)
        #expect(try code(builder) != nil)
    }

    @Test func damagedWeightsEndInAnErrorAndNotInAToken() throws {
        var builder = GGUFBuilder()
        let whole = TinyModel().builder
        let index = try #require(whole.tensors.firstIndex { $0.name == "output_norm.weight" })
        TinyModel.copy(whole, into: &builder, leavingOut: index)
        let nan = (0..<64).map { _ in GGUFBuilder.bytes(Float.nan.bitPattern) }.reduce(Data(), +)
        builder.tensor("output_norm.weight", [64], type: 0, nan)
        let model = try TemporaryFile(builder.data).withPath { try LlamaModel(contentsOf: $0) }
        let session = Session(model: model, capacity: 8)
        try session.append([1, 2])
        var generation = Generation(session, limits: GenerationLimits(maxTokens: 4, stopTokens: []))
        #expect(throws: SessionError.notFinite) { try generation.next() }
    }
}

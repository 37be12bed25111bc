import Foundation
import Testing

@testable import Transformer

/// Model files that are broken or made with ill will, through everything that reads them: a typed error or numbers, never a
/// trap, and never a token from numbers that are none.
struct HostileModelTests {
    private func model(_ data: Data) throws -> LlamaModel {
        let file = try data.withUnsafeBytes { try GGUFFile(MappedFile(copying: $0, path: "hostile")) }
        return try LlamaModel(file, threads: 1, maximumPositions: 16)
    }

    /// A few tokens through the float path and, where it packs, the int8 path.
    ///
    /// - Returns: the likeliest tokens; an error in place of those that could not be had.
    private func trial(_ model: LlamaModel) -> [Result<Int32, any Error>] {
        let float = Result {
            let session = Session(model: model, capacity: 4)
            try session.append([1, 2])
            return try session.withLogits(at: 1) { try Sampler.likeliest(UnsafeBufferPointer($0)) }
        }
        return [float, Result { try likeliest(PackedModel(packing: model, exitDepth: 1)) }]
    }

    private func likeliest(_ model: PackedModel) throws -> Int32 {
        let pool = try StepRunner.makePool(model, threads: 1)
        let runner = StepRunner(model, pool: pool, maximumRows: 4)
        let pages = Pages(runner.model, tokens: 2)
        try runner.run([StepSegment(.whole, tokens: [1, 2], position: 0, pages: pages.pages, wantsLogits: true)])
        return try runner.withLogits(0) { try Sampler.likeliest(UnsafeBufferPointer($0)) }
    }

    private func expectTyped(_ error: any Error, _ comment: Comment) {
        #expect(error is ModelFileError || error is SessionError, comment)
    }

    private func expectNoToken(_ outcomes: [Result<Int32, any Error>], _ comment: Comment) {
        for (path, outcome) in zip(["float", "int8"], outcomes) {
            switch outcome {
            case .success(let token): Issue.record("\(comment): token \(token) on the \(path) path")
            case .failure(let error): expectTyped(error, comment)
            }
        }
    }

    /// Bytes up to where the tensors' data begin.
    private func headerCount(_ builder: GGUFBuilder) throws -> Int {
        let file = try builder.data.withUnsafeBytes { try GGUFFile(MappedFile(copying: $0, path: "whole")) }
        return try #require(file.tensors.values.map(\.range.lowerBound).min())
    }

    // MARK: Broken files

    @Test func aModelCutAnywhereInItsHeaderIsAnError() throws {
        let builder = TinyModel(.q40).builder
        let whole = builder.data
        for length in 0..<(try headerCount(builder)) {
            let error = #expect(throws: ModelFileError.self, "\(length) bytes") { try model(whole.prefix(length)) }
            #expect(error?.code == .truncated || error?.code == .malformed, "\(length) bytes")
        }
    }

    @Test func aModelCutAnywhereInItsWeightsIsAnError() throws {
        let builder = TinyModel(.q40).builder
        let whole = builder.data
        // The last tensor's data are padded to the alignment; without the padding the file is whole.
        for length in stride(from: try headerCount(builder), to: whole.count - 32, by: 61) {
            #expect(throws: ModelFileError.self, "\(length) bytes") { try model(whole.prefix(length)) }
        }
    }

    @Test func aFlippedBitAnywhereInTheHeaderGivesNumbersOrAnError() throws {
        let builder = TinyModel(.q40).builder
        let whole = builder.data
        var refused = 0
        let count = try headerCount(builder)
        for index in 0..<count {
            var damaged = whole
            damaged[index] ^= 1 << UInt8(index * 5 % 8)
            do {
                for case .failure(let error) in trial(try model(damaged)) { expectTyped(error, "byte \(index)") }
            } catch {
                refused += 1
                expectTyped(error, "byte \(index)")
            }
        }
        // Most of a header matters.
        #expect(refused > count / 2)
    }

    @Test func countsThatNoFileHoldsAreRefusedBeforeAnythingIsReadOrAllocated() throws {
        for count in [65_537, 1 << 32, 1 << 62, UInt64(Int64.max), .max] {
            var builder = TinyModel(.q40).builder
            builder.tensorCount = count
            #expect(throws: ModelFileError.self) { try model(builder.data) }
            builder = TinyModel(.q40).builder
            builder.entryCount = count
            #expect(throws: ModelFileError.self) { try model(builder.data) }
            builder = TinyModel(.q40).builder
            builder.set("tokenizer.ggml.tokens", strings: ["a"], count: count)
            #expect(throws: ModelFileError.self) { try model(builder.data) }
            // A string that is longer than the file.
            builder = TinyModel(.q40).builder
            builder.entry("general.name", 8, GGUFBuilder.bytes(count))
            #expect(throws: ModelFileError.self) { try model(builder.data) }
            builder = TinyModel(.q40).builder
            builder.tensor("more", [count, 1], type: 0, Data(count: 64))
            #expect(throws: ModelFileError.self) { try model(builder.data) }
        }
    }

    @Test(arguments: ["gpt2", "Llama", "llama\u{0}", "mamba"])
    func anotherArchitectureIsNamed(architecture: String) throws {
        var builder = GGUFBuilder()
        TinyModel.copy(TinyModel().builder, into: &builder, leavingOut: nil, replacing: "general.architecture")
        builder.set("general.architecture", architecture)
        let error = #expect(throws: ModelFileError.self) { try model(builder.data) }
        #expect(error?.code == .unsupported)
        #expect(error?.reason.contains(architecture) == true)
    }

    // MARK: Numbers that are none

    /// A tiny model with one number of one tensor replaced.
    private func model(
        _ type: TensorType,
        _ name: String,
        replacing bytes: Data
    ) throws -> LlamaModel {
        let whole = TinyModel(type).builder
        let index = try #require(whole.tensors.firstIndex { $0.name == name })
        var builder = GGUFBuilder()
        TinyModel.copy(whole, into: &builder, leavingOut: index)
        let tensor = whole.tensors[index]
        // In the row of token 1, which the trial reads, if it is the embedding.
        let row = tensor.shape.count == 2 ? tensor.data.count / Int(tensor.shape[1]) : 0
        var data = tensor.data
        data.replaceSubrange(row..<row + bytes.count, with: bytes)
        builder.tensor(name, tensor.shape, type: tensor.type, data)
        return try model(builder.data)
    }

    static let matrices = [
        "token_embd.weight", "blk.0.attn_q.weight", "blk.1.attn_k.weight", "blk.0.attn_v.weight",
        "blk.1.attn_output.weight", "blk.0.ffn_gate.weight", "blk.2.ffn_up.weight", "blk.1.ffn_down.weight",
    ]

    @Test(arguments: matrices + ["blk.0.attn_norm.weight", "blk.2.ffn_norm.weight", "output_norm.weight"])
    func aFloatThatIsNoNumberGivesNoToken(name: String) throws {
        for value in [Float.nan, .infinity, -.infinity, .signalingNaN] {
            expectNoToken(
                trial(try model(.f32, name, replacing: GGUFBuilder.bytes(value.bitPattern))),
                "\(name) \(value)"
            )
        }
    }

    @Test(arguments: [TensorType.f16, .q40, .q41, .q80])
    func aHalfThatIsNoNumberGivesNoToken(type: TensorType) throws {
        for name in Self.matrices {
            let model = try model(type, name, replacing: GGUFBuilder.bytes(UInt16(0x7e00)))
            expectNoToken(trial(model), "\(name)")
        }
    }

    @Test(arguments: matrices)
    func numbersNearTheGreatestGiveNumbersOrAnError(name: String) throws {
        for value in [Float.greatestFiniteMagnitude, -1e30, 1e19, .leastNonzeroMagnitude] {
            for case .failure(let error) in trial(
                try model(.f32, name, replacing: GGUFBuilder.bytes(value.bitPattern))
            ) {
                expectTyped(error, "\(name) \(value)")
            }
        }
    }

    // MARK: Tokens that are none

    @Test(arguments: [-1, 50, 49_152, Int32.min, .max])
    func aTokenOutsideTheVocabularyIsNamed(token: Int32) throws {
        let model = try TinyModel().model(threads: 1)
        let session = Session(model: model, capacity: 4)
        #expect(throws: SessionError.tokenOutOfRange(token)) { try session.append([1, token]) }
        #expect(session.count == 0)
        let packed = try PackedModel(packing: model)
        let pool = try StepRunner.makePool(packed, threads: 1)
        let runner = StepRunner(packed, pool: pool, maximumRows: 4)
        let pages = Pages(runner.model, tokens: 2)
        #expect(throws: SessionError.tokenOutOfRange(token)) {
            try runner.run([StepSegment(.whole, tokens: [1, token], position: 0, pages: pages.pages)])
        }
    }

    @Test func noTokensAtAllAreNoWork() throws {
        let model = try TinyModel().model(threads: 1)
        let session = Session(model: model, capacity: 4)
        try session.append([])
        #expect(session.count == 0)
        let packed = try PackedModel(packing: model)
        let pool = try StepRunner.makePool(packed, threads: 1)
        let runner = StepRunner(packed, pool: pool, maximumRows: 4)
        try runner.run([])
        try runner.run([StepSegment(.lower, tokens: [], position: 0, pages: [])])
    }
}

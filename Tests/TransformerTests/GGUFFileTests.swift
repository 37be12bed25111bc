import Foundation
import Testing

@testable import Transformer

struct GGUFFileTests {
    private func open(_ builder: GGUFBuilder) throws -> GGUFFile { try open(builder.data) }
    private func open(_ data: Data) throws -> GGUFFile { try TemporaryFile(data).withPath { try GGUFFile(path: $0) } }

    private func code(_ data: Data) -> ModelFileError.Code? {
        do {
            _ = try open(data)
            return nil
        } catch {
            return (error as? ModelFileError)?.code
        }
    }

    private var small: GGUFBuilder {
        var builder = GGUFBuilder()
        builder.set("general.architecture", "llama")
        builder.set("size", UInt32(7))
        builder.set("epsilon", Float(0.5))
        builder.set("words", strings: ["a", "", "Ġb"])
        builder.tensor("w", [2, 3], type: 0, Data(count: 24))
        return builder
    }

    @Test func readsMetadataAndPlacesTensors() throws {
        let file = try open(small)
        #expect(try file.string("general.architecture") == "llama")
        #expect(try file.integer("size") == 7)
        #expect(try file.float("epsilon") == 0.5)
        #expect(try file.strings("words") == ["a", "", "Ġb"])
        let tensor = try #require(file.tensors["w"])
        #expect(tensor.shape == [2, 3])
        #expect(tensor.range.count == 24)
        #expect(tensor.range.lowerBound % 32 == 0)
    }

    @Test func saysWhatIsMissingOrOfAnotherType() throws {
        let file = try open(small)
        #expect(throws: ModelFileError(.missing, "has no metadata nothing", path: file.path)) {
            try file.integer("nothing")
        }
        #expect(throws: ModelFileError(.malformed, "has no string under size", path: file.path)) {
            try file.string("size")
        }
        #expect(throws: ModelFileError.self) { try file.strings("size") }
        #expect(throws: ModelFileError.self) { try file.integers("words") }
        #expect(throws: ModelFileError.self) { try file.float("words") }
    }

    @Test func aFileCutAnywhereIsAnError() throws {
        let whole = small.data
        for length in 0..<whole.count - 8 {
            let found = code(whole.prefix(length))
            #expect(found == .truncated || found == .malformed, "\(length) bytes: \(String(describing: found))")
        }
    }

    @Test func everyFlippedByteIsReadOrRefusedButNeverCrashes() throws {
        let whole = small.data
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 1 << UInt8(index * 5 % 8)
            guard let file = try? open(damaged) else { continue }
            _ = try? file.strings("words")
        }
    }

    @Test func refusesAnotherFormatOrVersion() {
        var builder = small
        builder.magic = 0x1234_5678
        #expect(code(builder.data) == .wrongFormat)
        builder = small
        builder.version = 1
        #expect(code(builder.data) == .unsupportedVersion)
        builder.version = 0x0300_0000
        #expect(code(builder.data) == .unsupportedVersion)
    }

    @Test(arguments: [4, 65_537, 1 << 40, 1 << 63] as [UInt64])
    func refusesCountsThatTheFileCannotHold(count: UInt64) {
        var builder = small
        builder.tensorCount = count
        #expect(code(builder.data) != nil)
        builder = small
        builder.entryCount = count + 1
        #expect(code(builder.data) != nil)
        builder = small
        builder.set("more", strings: ["a"], count: count)
        #expect(code(builder.data) != nil)
    }

    @Test func refusesTwoOfAName() {
        var builder = small
        builder.set("size", UInt32(8))
        #expect(code(builder.data) == .malformed)
        builder = small
        builder.tensor("w", [1], type: 0, Data(count: 4))
        #expect(code(builder.data) == .malformed)
    }

    @Test(
        arguments: [[], [0], [2, 0], [1, 1, 1, 1, 1], [.max], [1 << 62, 1 << 62], [1 << 40, 1 << 40]] as [[UInt64]]
    )
    func refusesShapesThatAreEmptyOrOverflow(shape: [UInt64]) {
        var builder = small
        builder.tensor("x", shape, type: 0, Data(count: 64))
        #expect(code(builder.data) == .malformed)
    }

    @Test func refusesATensorOutsideTheFile() {
        var builder = small
        builder.tensor("x", [1024], type: 0, Data(count: 64))
        #expect(code(builder.data) == .truncated)
        builder = small
        builder.offsets["w"] = 1 << 40
        #expect(code(builder.data) == .truncated)
        builder.offsets["w"] = UInt64(Int64.max) - 31
        #expect(code(builder.data) == .truncated)
        builder.offsets["w"] = 7
        #expect(code(builder.data) == .malformed)
    }

    @Test func refusesRowsThatEndInsideABlockAndUnknownTypes() {
        var builder = small
        builder.tensor("x", [33], type: 3, Data(count: 64))
        #expect(code(builder.data) == .malformed)
        builder = small
        builder.tensor("x", [256], type: 12, Data(count: 256))
        #expect(code(builder.data) == .unsupported)
    }

    @Test func refusesNestedArraysAndUnknownValueTypes() {
        var builder = small
        builder.entry("x", 9, GGUFBuilder.bytes(UInt32(9)) + GGUFBuilder.bytes(UInt64(1)))
        #expect(code(builder.data) == .unsupported)
        builder = small
        builder.entry("x", 99, Data(count: 8))
        #expect(code(builder.data) == .malformed)
    }

    @Test(arguments: [0, 1, 4, 24, 1 << 21] as [UInt32])
    func refusesAnAlignmentThatIsNone(alignment: UInt32) {
        var builder = small
        builder.set("general.alignment", alignment)
        #expect(code(builder.data) == .malformed)
    }

    @Test func refusesWhatIsNoFile() {
        #expect(throws: ModelFileError.self) { try GGUFFile(path: "/nonexistent/model.gguf") }
        #expect(throws: ModelFileError.self) { try GGUFFile(path: "/") }
    }
}

import Foundation
import Testing

@testable import Transformer

struct PackedModelWriterTests {
    private func writer(_ names: [String] = ["a", "b"]) throws -> PackedModelWriter {
        PackedModelWriter(
            try ModelPacker(try TinyModel().model(threads: 1), calibration: []),
            tokenizer: PackedFileBuilder.tokenizer,
            inputs: [],
            attachments: names.map { PackedModelWriter.Part(name: $0, bytes: Array($0.utf8)) }
        )
    }

    /// Calls `body` with an empty folder, and returns what it left there.
    private func files(_ body: (URL) throws -> Void) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    @Test func writingAgainGivesTheSameBytes() throws {
        #expect(try PackedFileBuilder().bytes == PackedFileBuilder().bytes)
        #expect(try PackedFileBuilder(calibration: []).bytes != PackedFileBuilder().bytes)
    }

    @Test func thePartsLieAsTheFormatSays() throws {
        let file = try PackedFileBuilder()
        #expect(file.bytes.prefix(8).elementsEqual("GUARDSLM".utf8))
        #expect(Array(file.bytes[8..<16]) == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(file.bytes.count % 64 == 0)
        let offsets = try file.sections().compactMap { $0["offset"] as? Int }
        #expect(offsets.allSatisfy { $0 % 64 == 0 } && offsets == offsets.sorted())
        #expect(try #require(offsets.first) % 4096 == 0)
        #expect(64 + file.headerLength <= offsets[0] && offsets[0] - file.headerLength < 64 + 4096)
    }

    @Test func aFileAppearsWhenItIsCompleteAndTakesTheOldOnesPlace() throws {
        let left = try files { folder in
            let path = folder.appendingPathComponent("model.slm").path
            try Data("old".utf8).write(to: URL(fileURLWithPath: path))
            try writer().write(to: path) { bytes in
                let present = try Data(contentsOf: URL(fileURLWithPath: path))
                #expect(present == Data("old".utf8))
                return PackedFileBuilder.digest(bytes)
            }
            let file = try PackedModelFile(path: path, digest: PackedFileBuilder.digest)
            #expect(file.attachmentNames == ["a", "b"])
        }
        #expect(left == ["model.slm"])
    }

    @Test(arguments: ["", "12", String(repeating: "zz", count: 32), String(repeating: "00", count: 33)])
    func aDigestThatIsNoneLeavesNothingBehind(digest: String) throws {
        let left = try files { folder in
            #expect(throws: ModelFileError.self) {
                try writer().write(to: folder.appendingPathComponent("model.slm").path) { _ in digest }
            }
        }
        #expect(left == [])
    }

    @Test func aFolderThatCannotBeWrittenToIsAnError() throws {
        let error = #expect(throws: ModelFileError.self) {
            try writer().write(to: "/nonexistent/model.slm", digest: PackedFileBuilder.digest)
        }
        #expect(error?.code == .unwritable)
        let left = try files { folder in
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent("model.slm"),
                withIntermediateDirectories: false
            )
            let error = #expect(throws: ModelFileError.self) {
                try writer().write(
                    to: folder.appendingPathComponent("model.slm").path,
                    digest: PackedFileBuilder.digest
                )
            }
            #expect(error?.code == .unwritable)
        }
        #expect(left == ["model.slm"])
    }

    @Test func aWeightThatIsNotFiniteLeavesNothingBehind() throws {
        let source = TinyModel().builder
        let index = try #require(source.tensors.firstIndex { $0.name == "blk.2.ffn_down.weight" })
        var copy = GGUFBuilder()
        TinyModel.copy(source, into: &copy, leavingOut: index)
        let tensor = source.tensors[index]
        copy.tensor(
            tensor.name,
            tensor.shape,
            type: 0,
            GGUFBuilder.bytes(Float.infinity.bitPattern) + tensor.data.dropFirst(4)
        )
        let model = try TemporaryFile(copy.data).withPath { try LlamaModel(contentsOf: $0, threads: 1) }
        let left = try files { folder in
            let writer = PackedModelWriter(
                try ModelPacker(model, calibration: []),
                tokenizer: PackedFileBuilder.tokenizer,
                inputs: []
            )
            #expect(throws: ModelFileError.self) {
                try writer.write(to: folder.appendingPathComponent("model.slm").path, digest: PackedFileBuilder.digest)
            }
        }
        #expect(left == [])
    }
}

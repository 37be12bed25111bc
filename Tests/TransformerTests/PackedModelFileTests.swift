import Foundation
import Testing

@testable import Transformer

struct PackedModelFileTests {
    private let whole: PackedFileBuilder

    init() throws { whole = try PackedFileBuilder() }

    private func code(
        sealing: Bool = true,
        _ change: (inout PackedFileBuilder) throws -> Void
    ) throws -> ModelFileError.Code? {
        var file = whole
        try change(&file)
        if sealing { file.seal() }
        return try file.errorCode()
    }

    @Test func whatWasWrittenIsRead() throws {
        let file = try whole.open()
        #expect(file.inputs.map(\.name) == ["trunk"])
        #expect(file.attachmentNames == ["notes.json", "nothing"])
        #expect(file.attachment("notes.json") == Array("{}".utf8))
        #expect(file.attachment("nothing") == [])
        #expect(file.attachment("other") == nil)
        #expect(file.attachment("embedding.weights") == nil)
        #expect(try file.tokenizer() == PackedFileBuilder.tokenizer)
        #expect(file.digest.count == 64)
        #expect(file.byteCount == whole.bytes.count)
        #expect(try whole.errorCode() == nil)
        var sealed = whole
        sealed.seal()
        #expect(sealed.bytes == whole.bytes)
    }

    @Test func theModelOfAFileIsTheOneInMemory() throws {
        let model = try TinyModel(.q41).model(threads: 1)
        let memory = try PackedModel(packing: model, exitDepth: 2, calibration: [[1, 5, 9, 3]])
        let file = try whole.open()
        #expect(file.model.configuration == memory.configuration)
        #expect(file.model.exitDepth == 2)
        func same(_ a: PackedMatrix, _ b: PackedMatrix) -> Bool {
            (a.rows, a.columns) == (b.rows, b.columns)
                && memcmp(a.weights, b.weights, a.paddedRows * a.columns) == 0
                && memcmp(a.scales, b.scales, 4 * a.paddedRows) == 0
                && memcmp(a.offsets, b.offsets, 4 * a.paddedRows) == 0
        }
        #expect(same(file.model.embedding, memory.embedding))
        #expect(file.model.output.weights == file.model.embedding.weights)
        for (a, b) in zip(file.model.layers, memory.layers) {
            #expect(same(a.queryKeyValue, b.queryKeyValue) && same(a.attentionOutput, b.attentionOutput))
            #expect(same(a.gateUp, b.gateUp) && same(a.down, b.down))
            #expect(memcmp(a.attentionNorm, b.attentionNorm, 4 * TinyModel.width) == 0)
            #expect(memcmp(a.feedForwardNorm, b.feedForwardNorm, 4 * TinyModel.width) == 0)
            #expect(UInt(bitPattern: a.down.weights) % 64 == 0)
        }
        #expect(memcmp(file.model.outputNorm, memory.outputNorm, 4 * TinyModel.width) == 0)
    }

    @Test func aModelOutlivesTheFileItCameFrom() throws {
        var file: PackedModelFile? = try whole.open()
        let model = try #require(file?.model)
        file = nil
        #expect(model.layers[2].down.floats(row: 3).contains { $0 != 0 })
    }

    // MARK: Broken files

    @Test func aFileCutAnywhereIsAnError() throws {
        let count = whole.bytes.count
        for length in Array(0..<72) + stride(from: 72, to: count, by: 997) + [count - 1] {
            let cut = try code(sealing: false) { $0.truncate(to: length) }
            #expect(cut == .truncated, "\(length)")
        }
        // Cut, and sealed again: the header still tells what should be there.
        for length in stride(from: 64, to: count, by: 1499) {
            #expect(try code { $0.truncate(to: length) } != nil, "\(length)")
        }
    }

    @Test func aFlippedByteAnywhereIsFound() throws {
        for place in Array(0..<64) + stride(from: 64, to: whole.bytes.count, by: 1009) {
            let found = try code(sealing: false) { $0.set($0.bytes[place] ^ 0x10, at: place) }
            switch place {
            case 0..<8: #expect(found == .wrongFormat, "\(place)")
            case 8..<16: #expect(found == .unsupportedVersion, "\(place)")
            case 48..<56: #expect(found == .damaged || found == .malformed, "\(place)")
            case 56..<64: #expect(found == .truncated || found == .malformed, "\(place)")
            default: #expect(found == .damaged, "\(place)")
            }
        }
    }

    @Test func anotherFormatOrVersionIsRefused() throws {
        #expect(try code { $0.set(UInt32(0x4655_4747), at: 0) } == .wrongFormat)
        for version in [0, 2, UInt32.max] {
            #expect(try code { $0.set(version, at: 8) } == .unsupportedVersion)
        }
        #expect(try code { $0.set(UInt32(1), at: 12) } == .unsupportedVersion)
        #expect(try code { try $0.changeHeader { $0["format"] = 2 } } == .unsupportedVersion)
        #expect(try code(sealing: false) { $0.append([0]) } == .malformed)
    }

    @Test(arguments: [0, 1, 63, 1 << 20, 4 << 20, 1 << 40, UInt64(Int.max), UInt64(Int.max) + 1, .max])
    func anotherHeaderLengthIsRefused(length: UInt64) throws {
        #expect(try code { $0.set(length, at: 48) } == .malformed)
    }

    @Test(arguments: ["", "[]", "{", "null", "{\"format\":1}", "{\"format\":\"1\"}", "\u{0}", "[[[[[[", "1e999"])
    func headersThatAreNoneAreRefused(text: String) throws {
        #expect(try code { $0.setHeader(bytes: Array(text.utf8)) } == .malformed)
    }

    @Test func aHeaderNestedWithoutEndIsRefused() throws {
        #expect(try code { $0.setHeader(bytes: [UInt8](repeating: 0x5b, count: 8000)) } == .malformed)
    }

    @Test func everyFieldOfTheHeaderIsAskedFor() throws {
        for key in try whole.header().keys {
            #expect(try code { try $0.changeHeader { $0[key] = nil } } == .malformed, "\(key)")
            #expect(try code { try $0.changeHeader { $0[key] = "other" } } == .malformed, "\(key)")
        }
        let sizes = try #require(try whole.header()["configuration"] as? [String: Any])
        for key in sizes.keys {
            var changed = sizes
            changed[key] = nil
            #expect(try code { try $0.changeHeader { $0["configuration"] = changed } } == .malformed, "\(key)")
        }
    }

    @Test(arguments: [
        "layers", "width", "heads", "kvHeads", "feedForwardWidth", "vocabulary", "contextLength", "ropeBase",
        "normEpsilon",
    ])
    func sizesThatTheSectionsOrTheKernelsDoNotHaveAreRefused(key: String) throws {
        let sizes = try #require(try whole.header()["configuration"] as? [String: Any])
        let numbers: [NSNumber] =
            [-1, 0, 1, 5, 31, 33, 128, 1 << 20, 1 << 31, 1 << 62].map { NSNumber(value: $0 as Int) }
            + [NSNumber(value: UInt64.max), NSNumber(value: 1e30), NSNumber(value: -1e300)]
        for number in numbers {
            var changed = sizes
            changed[key] = number
            let found = try code { try $0.changeHeader { $0["configuration"] = changed } }
            // A few changes are another model of the same shape.
            let isHarmless =
                switch key {
                case "contextLength": (1...1_048_576).contains(number.doubleValue)
                case "ropeBase": number.doubleValue > 1
                case "normEpsilon": number.doubleValue > 0
                default: false
                }
            #expect((found == nil) == isHarmless, "\(key) \(number) \(String(describing: found))")
        }
    }

    @Test(arguments: [-1, 0, 4, Int.max])
    func aReadOutOutsideTheLayersIsRefused(depth: Int) throws {
        #expect(try code { try $0.changeHeader { $0["exitDepth"] = depth } } == .malformed)
    }

    @Test(arguments: [
        "embedding.weights", "layers.0.attention_norm", "layers.1.qkv.scales", "layers.2.down.offsets", "output_norm",
        "tokenizer.ends",
    ])
    func sectionsInWrongPlacesAreRefused(name: String) throws {
        let offset = try whole.offset(of: name)
        for wrong in [-64, 0, 64, offset + 1, offset + 32, offset - 64, offset + 64, 1 << 40, Int.max, Int.max - 63] {
            let found = try code { try $0.changeSection(name) { $0["offset"] = wrong } }
            #expect(found == .malformed || found == .truncated, "\(name) at \(wrong)")
        }
        for wrong in [-1, 0, 1, 63, 1 << 40, Int.max] {
            let found = try code { try $0.changeSection(name) { $0["length"] = wrong } }
            #expect(found == .malformed || found == .truncated, "\(name) of \(wrong)")
        }
        #expect(try code { try $0.changeSection(name) { $0["name"] = "other" } } == .missing)
        #expect(
            try code { try $0.changeSection(name) { $0["name"] = "output_norm" } }
                == (name == "output_norm" ? nil : .malformed)
        )
        #expect(try code { try $0.changeSection(name) { $0["offset"] = 1.5 } } == .malformed)
    }

    @Test func sectionsThatNoModelHasAreRefused() throws {
        var sections = try whole.sections()
        sections.append(["name": "layers.3.down.weights", "offset": whole.bytes.count, "length": 0])
        #expect(try code { try $0.changeHeader { $0["sections"] = sections } } == .malformed)
        #expect(try code { try $0.changeHeader { $0["sections"] = [[String: Any]]() } } == .missing)
        // An output of its own that has no scales.
        sections.removeLast()
        sections.append(["name": "output.weights", "offset": whole.bytes.count, "length": 0])
        let found = try code { try $0.changeHeader { $0["sections"] = sections } }
        #expect(found == .malformed || found == .missing)
    }

    @Test func attachmentsInWrongPlacesAreRefused() throws {
        func code(_ attachments: [[String: Any]]) throws -> ModelFileError.Code? {
            try self.code { try $0.changeHeader { $0["attachments"] = attachments } }
        }
        let inside = try whole.offset(of: "layers.1.down.weights") + 64
        #expect(try code([["name": "a", "offset": inside, "length": 8]]) == .malformed)
        #expect(try code([["name": "a", "offset": whole.bytes.count, "length": 64]]) == .truncated)
        #expect(try code([["name": "a", "offset": 0, "length": 8]]) == .malformed)
        let end = whole.bytes.count
        let twice: [[String: Any]] = [
            ["name": "a", "offset": end, "length": 0], ["name": "a", "offset": end, "length": 0],
        ]
        #expect(try code(twice) == .malformed)
        #expect(try code([]) == nil)
    }

    @Test(arguments: [Float.nan, .infinity, -1, 0, -0.0, -.infinity])
    func scalesThatAreNoneAreRefused(scale: Float) throws {
        for name in ["embedding.scales", "layers.0.qkv.scales", "layers.2.down.scales", "layers.1.gate_up.scales"] {
            let offset = try whole.offset(of: name)
            for row in [0, 5, 31] {
                #expect(try code { $0.set(scale.bitPattern, at: offset + 4 * row) } == .malformed)
            }
        }
    }

    @Test func aScaleInThePaddingIsRefused() throws {
        let offset = try whole.offset(of: "embedding.scales")
        #expect(try code { $0.set(Float(1).bitPattern, at: offset + 4 * 50) } == .malformed)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func normsThatAreNotFiniteAreRefused(value: Float) throws {
        for name in ["output_norm", "layers.0.attention_norm", "layers.2.feed_forward_norm"] {
            let offset = try whole.offset(of: name)
            for column in [0, 31, 63] {
                #expect(try code { $0.set(value.bitPattern, at: offset + 4 * column) } == .malformed)
            }
        }
    }

    @Test func aVocabularyOfAnotherLengthIsRefused() throws {
        let length = 4 * TinyModel.vocabulary
        for wrong in [length - 4, length - 3, 0] {
            #expect(try code { try $0.changeSection("tokenizer.ends") { $0["length"] = wrong } } == .malformed)
        }
    }

    @Test func aDigestThatCannotBeHadIsAnError() throws {
        struct Refusal: Error {}
        let error = try TemporaryFile(Data(whole.bytes)).withPath { path in
            #expect(throws: ModelFileError.self) {
                try PackedModelFile(path: path) { _ in throw Refusal() }
            }
        }
        #expect(error?.code == .unreadable)
    }

    @Test func whatIsNoFileIsAnError() {
        for path in ["/nonexistent/guardian.slm", "/", "/dev/null"] {
            #expect(throws: ModelFileError.self) {
                try PackedModelFile(path: path, digest: PackedFileBuilder.digest)
            }
        }
    }
}

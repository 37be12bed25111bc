import Foundation
import GuardCore
import Testing
import Tokenizer
import Transformer

@testable import GuardianModel

struct GuardianModelTests {
    /// A copy of the packed file, removed with its owner, whose bytes can be changed.
    private final class Copy {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)").path

        init() throws {
            _ = try Loaded.model()
            try FileManager.default.copyItem(atPath: Loaded.file, toPath: path)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        /// The error that loading gives while a text in the file stands as another of the same length.
        ///
        /// - Parameter part: an attachment to look in; the header if nil.
        func error(
            replacing text: String,
            by other: String,
            in part: String? = nil
        ) throws -> GuardianModelError? {
            let range = try place(of: part)
            let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            try handle.seek(toOffset: UInt64(range.lowerBound))
            let before = try #require(try handle.read(upToCount: range.count))
            let found = try #require(before.range(of: Data(text.utf8)), "\(text)")
            try #require(text.utf8.count == other.utf8.count)
            let place = UInt64(range.lowerBound + found.lowerBound - before.startIndex)
            try handle.seek(toOffset: place)
            try handle.write(contentsOf: Data(other.utf8))
            defer {
                try? handle.seek(toOffset: place)
                try? handle.write(contentsOf: Data(text.utf8))
            }
            do throws(GuardianModelError) {
                _ = try GuardianModel(contentsOf: path, digest: Loaded.stated(in: path))
                return nil
            } catch {
                return error
            }
        }

        private func place(of part: String?) throws -> Range<Int> {
            struct Header: Decodable {
                struct Place: Decodable {
                    var name: String
                    var offset: Int
                    var length: Int
                }
                var attachments: [Place]
            }
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            try handle.seek(toOffset: 48)
            let digits = try #require(try handle.read(upToCount: 8))
            let length = digits.reversed().reduce(0) { $0 << 8 | Int($1) }
            guard let part else { return 64..<64 + length }
            try handle.seek(toOffset: 64)
            let header = try JSONDecoder().decode(Header.self, from: #require(try handle.read(upToCount: length)))
            let attachment = try #require(header.attachments.first { $0.name == part })
            return attachment.offset..<attachment.offset + attachment.length
        }
    }

    @Test func thePackedFileHoldsWhatTheSourceHas() throws {
        let (model, source) = (try Loaded.model(), try Loaded.source())
        #expect(model.packed.configuration == source.trunk.configuration)
        #expect(model.detectionDepth == source.parts.detection.layer + 1)
        #expect(model.name == source.parts.detection.name)
        #expect(model.digest.count == 64)
        let features = (0..<3 * 576).map { Float($0 % 13) / 13 }
        #expect(model.head.logits(features) == source.parts.head.logits(features))
        for text in ["Hello, world!", "Größe 안녕 <|im_start|>", "   \n\n\t x", "123456"] {
            #expect(model.tokenizer.encode(text) == source.tokenizer.encode(text))
        }
        #expect(model.tokenizer.controlTokens == source.tokenizer.controlTokens)
        #expect(model.tokenizer.count == source.tokenizer.count)
        #expect(model.fallbacks[.weapons] == source.parts.fallbacks[.weapons])
    }

    @Test func aFileOfOtherInputsIsRefused() throws {
        let copy = try Copy()
        let manifest = try Loaded.source().parts.detection
        for digest in [manifest.trunkSHA256, manifest.weightsSHA256] {
            let other = "0000" + digest.dropFirst(4)
            guard case .digestMismatch(_, let expected, let found) = try copy.error(replacing: digest, by: other) else {
                Issue.record("\(digest)")
                continue
            }
            #expect(expected == digest && found == other)
        }
        guard case .digestMismatch(_, _, "none") = try copy.error(replacing: #""name":"trunk""#, by: #""name":"stump""#)
        else {
            Issue.record("a file without a trunk")
            return
        }
    }

    @Test func anotherReadOutThanTheHeadsIsRefused() throws {
        guard
            case .invalidManifest(let path, let reason) = try Copy().error(
                replacing: #""exitDepth":20"#,
                by: #""exitDepth":21"#
            )
        else {
            Issue.record("layer 21")
            return
        }
        #expect(path.hasSuffix("#detection.json") && reason.contains("19") && reason.contains("20"))
    }

    @Test func aLayerThatNoTrunkHasIsRefused() throws {
        let layer = "\"layer\": 19,\n  \"pooling\": [\n    \"pred\",\n    \"turn\",\n    \"mean\"\n  ],"
        let other = #""layer":9223372036854775807,"pooling":["pred","turn","mean"],"#
        let padding = String(repeating: " ", count: layer.utf8.count - other.utf8.count)
        guard
            case .invalidManifest(let path, let reason) = try Copy().error(
                replacing: layer,
                by: other + padding,
                in: "detection.json"
            )
        else {
            Issue.record("layer \(Int.max)")
            return
        }
        #expect(path.hasSuffix("#detection.json") && reason.contains("the layer"))
    }

    @Test func attachmentsThatAreMissingOrBrokenAreNamed() throws {
        let copy = try Copy()
        for name in [
            "safeguard.json", "safeguard-checks.json", "templates.json", "safeguard-sentences.json",
            "detection.safetensors",
        ] {
            let other = String(name.dropLast()) + "_"
            // The first place that the header has the name is among the attachments.
            let missing = try #require(
                try copy.error(replacing: "\"\(name)\",\"offset\"", by: "\"\(other)\",\"offset\"")
            )
            #expect("\(missing)".contains(name), "\(missing)")
        }
        for name in [
            "detection.json", "safeguard.json", "safeguard-checks.json", "templates.json", "safeguard-sentences.json",
        ] {
            let broken = try #require(try copy.error(replacing: "{", by: "[", in: name))
            #expect("\(broken)".contains(name), "\(broken)")
        }
        let broken = try #require(try copy.error(replacing: "head.w2", by: "head.w3", in: "detection.safetensors"))
        #expect("\(broken)".contains("head.w2"))
        let manifest = try #require(
            try copy.error(replacing: "\"format\": 1", by: "\"format\": 2", in: "detection.json")
        )
        #expect("\(manifest)".contains("format 2"))
    }

    @Test func aTrunkAloneIsNoGuardian() throws {
        let copy = try Copy()
        let error = try copy.error(replacing: #""detection.json","offset""#, by: #""detection.jsom","offset""#)
        #expect(error == .notAGuardian(path: copy.path))
    }

    @Test func anotherDigestOrAMissingFileIsNamed() throws {
        func code(_ path: String, digest: @escaping (UnsafeRawBufferPointer) throws -> String) -> ModelFileError.Code? {
            do throws(GuardianModelError) {
                _ = try GuardianModel(contentsOf: path, digest: digest)
                return nil
            } catch {
                if case .modelFile(let error) = error { return error.path == path ? error.code : nil }
                return nil
            }
        }
        _ = try Loaded.model()
        #expect(code(Loaded.file) { _ in "00" } == .damaged)
        #expect(code("/nonexistent/guardian.slm") { _ in "00" } == .unreadable)
    }
}

import Foundation
import Testing
import Tokenizer
import Transformer

@testable import GuardianModel

struct GuardianSourceTests {
    /// Loads from a copy of the model's folder in which some files were replaced; nil removes a file.
    private func load(
        replacing files: [String: Data?] = [:],
        trunk: String = Loaded.trunk,
        digest: (String) throws -> String = Loaded.stated
    ) throws -> GuardianModelError? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: Loaded.folder, toPath: folder.path)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, data) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.removeItem(at: file)
            try data?.write(to: file)
        }
        do throws(GuardianModelError) {
            _ = try GuardianSource(trunk: trunk, folder: folder.path, threads: 1, digest: digest)
            return nil
        } catch {
            return error
        }
    }

    private func edited(_ name: String, _ key: String, _ value: Any) throws -> [String: Data?] {
        let data = try Loaded.contents("\(Loaded.folder)/\(name)")
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        object[key] = value
        return [name: try JSONSerialization.data(withJSONObject: object)]
    }

    private func isInvalidManifest(_ error: GuardianModelError?) -> Bool {
        if case .invalidManifest = error { true } else { false }
    }

    @Test func theCommittedFilesLoad() throws {
        let model = try Loaded.source()
        #expect(model.adapter.layers.allSatisfy { $0 >= model.parts.safeguard.firstLayer })
        #expect(model.trunk.configuration.vocabulary == model.tokenizer.count)
        #expect(try load() == nil)
    }

    @Test(arguments: [
        "detection.json", "detection.safetensors", "safeguard.json", "safeguard.safetensors", "safeguard-checks.json",
        "templates.json", "safeguard-sentences.json",
    ])
    func aMissingOrCorruptFileIsNamed(name: String) throws {
        let missing = try #require(try load(replacing: [name: nil]))
        #expect("\(missing)".contains(name))
        let corrupt = try #require(try load(replacing: [name: Data("no model".utf8)]))
        #expect("\(corrupt)".contains(name))
    }

    @Test func aMissingTrunkIsNamed() throws {
        let error = try #require(
            try load(trunk: "/nonexistent/trunk.gguf", digest: { _ in throw CocoaError(.fileNoSuchFile) })
        )
        #expect("\(error)".contains("/nonexistent/trunk.gguf"))
    }

    @Test func anotherDigestIsRefused() throws {
        for part in ["gguf", "detection.safetensors", "safeguard.safetensors"] {
            let error = try load { path in path.hasSuffix(part) ? "0000" : try Loaded.stated(path) }
            guard case .digestMismatch(let path, _, let found) = error else {
                Issue.record("\(part): \(String(describing: error))")
                continue
            }
            #expect(path.hasSuffix(part))
            #expect(found == "0000")
        }
    }

    @Test func manifestsOfAnotherKindAreRefused() throws {
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "format", 2))))
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "taxonomy", ["harm"]))))
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "layer", -1))))
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "layer", 30))))
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "windowTokens", 0))))
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "windowOverlap", 512))))
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "calibration", [Int]()))))
        #expect(isInvalidManifest(try load(replacing: edited("safeguard.json", "format", 0))))
        #expect(isInvalidManifest(try load(replacing: edited("safeguard.json", "firstLayer", -1))))
    }

    @Test(arguments: [
        ("minimumWords", -1), ("minimumWords", 111), ("maximumWords", 11), ("repeatedWords", 0), ("repeatedWords", -1),
    ])
    func numbersThatNoTextCanBeCheckedByAreRefused(name: String, value: Int) throws {
        let error = try #require(try load(replacing: edited("safeguard-checks.json", name, value)))
        #expect(isInvalidManifest(error) && "\(error)".contains("safeguard-checks.json"))
    }

    @Test func headsAndTheAdapterThatTheyWereTrainedWithBelongTogether() throws {
        let parts = try Loaded.source().parts
        let below = try load(replacing: edited("safeguard.json", "firstLayer", parts.detection.layer + 1))
        let other = try load(replacing: edited("detection.json", "adapterSHA256", "0000"))
        // Above the read-out the heads must name no adapter, at or below it they must name the one that is there.
        let reached = parts.safeguard.firstLayer <= parts.detection.layer
        #expect(isInvalidManifest(below) == reached)
        #expect(isInvalidManifest(other))
        let unnamed = try load(replacing: edited("detection.json", "adapterSHA256", NSNull()))
        #expect(isInvalidManifest(unnamed) == reached)
    }

    @Test func anUnknownNormalizationIsRefused() throws {
        let error = try #require(try load(replacing: edited("detection.json", "normalization", "layer")))
        #expect("\(error)".contains("detection.json"))
    }

    @Test func markersThatTextCouldFormAreRefused() throws {
        let markers = ["pred": 11, "expl": 12, "harm": 500]
        #expect(isInvalidManifest(try load(replacing: edited("detection.json", "markers", markers))))
    }
}

import Foundation
import Testing

@testable import GuardianModel

/// The project's own model, loaded once for all tests.
enum Loaded {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        .standardizedFileURL
    static let trunk =
        ProcessInfo.processInfo.environment["GUARDIAN_TRUNK"]
        ?? root.appendingPathComponent("Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf").path
    static let directory = root.appendingPathComponent("Models/guardian").path

    static func model() throws -> GuardianModel {
        try #require(FileManager.default.fileExists(atPath: trunk), "no trunk at \(trunk): run make model")
        return try loaded.get()
    }

    private static let loaded = Result {
        try GuardianModel(trunk: trunk, directory: directory, threads: 2, digest: stated)
    }

    /// The digest that the manifests state; hashing itself is not this room's.
    static func stated(_ path: String) throws -> String {
        let name = path.contains("safeguard") ? "safeguard" : "detection"
        let manifest = try JSONDecoder().decode(Digests.self, from: contents("\(directory)/\(name).json"))
        return path == trunk ? manifest.trunkSHA256 : manifest.weightsSHA256
    }

    static func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// A golden file of this target.
    static func fixture(_ name: String) -> String {
        root.appendingPathComponent("Tests/GuardianModelTests/Fixtures/\(name)").path
    }

    private struct Digests: Decodable {
        var trunkSHA256: String
        var weightsSHA256: String
    }
}

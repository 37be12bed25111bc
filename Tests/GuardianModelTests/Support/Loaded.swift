import Foundation
import Testing
import Transformer

@testable import GuardianModel

/// The project's own model, loaded once for all tests: packed, and as its makers left it.
enum Loaded {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
        .standardizedFileURL
    static let trunk =
        ProcessInfo.processInfo.environment["GUARDIAN_TRUNK"]
        ?? root.appendingPathComponent("Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf").path
    static let file =
        ProcessInfo.processInfo.environment["GUARDIAN_MODEL"]
        ?? root.appendingPathComponent("Models/.cache/guardian.slm").path
    static let plain = root.appendingPathComponent("Models/.cache/trunk.slm").path
    static let folder = root.appendingPathComponent("Models/guardian").path

    static func model() throws -> GuardianModel {
        try #require(FileManager.default.fileExists(atPath: file), "no packed model at \(file): run make model")
        return try packed.get()
    }

    /// The trunk without the guardian's parts.
    static func plainTrunk() throws -> PackedModelFile {
        try #require(FileManager.default.fileExists(atPath: plain), "no packed trunk at \(plain): run make model")
        return try packedTrunk.get()
    }

    static func source() throws -> GuardianSource {
        try #require(FileManager.default.fileExists(atPath: trunk), "no trunk at \(trunk): run make model")
        return try unpacked.get()
    }

    private static let packed = Result { try GuardianModel(contentsOf: file, digest: stated(in: file)) }
    private static let packedTrunk = Result { try PackedModelFile(path: plain, digest: stated(in: plain)) }
    private static let unpacked = Result {
        try GuardianSource(trunk: trunk, folder: folder, threads: 2, digest: stated)
    }

    /// Answers with the digest that a packed file states.
    static func stated(in file: String) -> (UnsafeRawBufferPointer) throws -> String {
        { _ in
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
            defer { try? handle.close() }
            try handle.seek(toOffset: 16)
            let digits = try handle.read(upToCount: 32)?.map { String(format: "%02x", $0) }
            return try #require(digits).joined()
        }
    }

    /// The digest that the manifests state; hashing itself is not this room's.
    static func stated(_ path: String) throws -> String {
        guard path == trunk || path.hasSuffix(".safetensors") else { return "0000" }
        let name = path.contains("safeguard") ? "safeguard" : "detection"
        let manifest = try JSONDecoder().decode(Digests.self, from: contents("\(folder)/\(name).json"))
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

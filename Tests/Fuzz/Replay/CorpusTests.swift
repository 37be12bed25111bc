import Foundation
import Testing

/// Whatever fuzzing found is read again with every test run: what was a crash once ends the run if it is one again.
struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../Corpus").standardizedFileURL

    @Test(arguments: FuzzTarget.allCases)
    func keptInputsAreReadOrRefused(target: FuzzTarget) throws {
        let folder = Self.folder.appendingPathComponent(target.rawValue)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let content = try Data(contentsOf: file)
            _ = content.withUnsafeBytes { target.accepts($0) }
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func seedsAreAccepted(target: FuzzTarget) throws {
        let seeds = try target.seeds()
        #expect(!seeds.isEmpty)
        for seed in seeds {
            #expect(seed.withUnsafeBytes { target.accepts($0) })
        }
    }

    @Test(arguments: [FuzzTarget.gguf, .safetensors, .vocabulary, .packed, .policy])
    func halfASeedIsRefused(target: FuzzTarget) throws {
        let seed = try #require(try target.seeds().first)
        let half = seed.prefix(seed.count / 2)
        #expect(!half.withUnsafeBytes { target.accepts($0) })
    }
}

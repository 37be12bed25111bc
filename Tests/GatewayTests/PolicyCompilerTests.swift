import Foundation
import Policy
import PolicyLanguage
import Testing

@testable import Gateway

@Suite struct PolicyCompilerTests {
    /// Why a file, or what is not there, cannot be compiled.
    private func error(of path: String) throws -> GatewayError {
        try #require(throws: GatewayError.self) { _ = try PolicyCompiler.compile(path: path) }
    }

    @Test func `a file that cannot be read is told from one that is wrong`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = try error(of: folder.path + "/none.yaml")
        #expect(missing.part == .unreadable)
        #expect(missing.description.contains("/none.yaml"))
        #expect(try error(of: folder.path).part == .unreadable)

        let wrong = folder.appendingPathComponent("wrong.yaml")
        try Data("version: 1\nname: [\n".utf8).write(to: wrong)
        #expect(try error(of: wrong.path).part == .configuration)
        let text = "version: 1\nname: p\ninput: {others: ignore}\noutput: ignore\ninclude: [none.yaml]\n"
        try Data(text.utf8).write(to: wrong)
        #expect(try error(of: wrong.path).part == .configuration)
    }

    @Test func `a policy that was read already is held to its rules' own tests`() throws {
        let text = """
            version: 1
            name: p
            input: {others: ignore}
            output: ignore
            rules:
              - id: a
                summary: Finds a word.
                category: privacy
                match: {keywords: [walrus]}
                action: block
                tests: {match: [TEXT]}
            """
        for (word, isRight) in [("walrus", true), ("otter", false)] {
            let bytes = Array(text.replacing("TEXT", with: word).utf8)
            let policy = try PolicyCompiler.loader.load(bytes: bytes, file: "p.yaml")
            let compiled = Result { () throws(GatewayError) in try PolicyCompiler.compile(policy, file: "p.yaml") }
            switch compiled {
            case .success(let compiled): #expect(isRight && compiled.policy == policy)
            case .failure(let error): #expect(!isRight && error.description.hasPrefix("p.yaml: error: "))
            }
        }
    }
}

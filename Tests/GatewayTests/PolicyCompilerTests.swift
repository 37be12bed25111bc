import Foundation
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
}

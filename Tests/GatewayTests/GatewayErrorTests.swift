import Foundation
import Testing

@testable import Gateway

@Suite struct GatewayErrorTests {
    private func failure(ofModel path: String) -> GatewayError? {
        #expect(throws: GatewayError.self) {
            _ = try Gateway.engine(GatewayConfiguration.Model(file: path, threads: 1), capacity: 1)
        }
    }

    @Test func `a model file that is not there and one that is damaged are told apart`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let missing = failure(ofModel: folder.path + "/none.slm")
        #expect(missing?.part == .unreadable && missing?.description.contains("make model") == true)
        for content in ["", "no model", String(repeating: "no model", count: 1000)] {
            let file = folder.appendingPathComponent("guardian.slm")
            try Data(content.utf8).write(to: file)
            #expect(failure(ofModel: file.path)?.part == .damaged)
        }
    }
}

import Foundation
import Testing

@testable import Gateway

@Suite struct FileStampsTests {
    @Test func `permissions that change are a change`() async throws {
        let path = NSTemporaryDirectory() + "guardian-stamps-" + UUID().uuidString
        #expect(FileManager.default.createFile(atPath: path, contents: Data("a".utf8)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let before = FileStamps(of: [path])
        #expect(FileStamps(of: [path]) == before)
        // Longer than a tick of the clock that files are stamped by.
        try await Task.sleep(for: .milliseconds(50))
        #expect(chmod(path, 0o400) == 0)
        #expect(FileStamps(of: [path]) != before)
    }
}

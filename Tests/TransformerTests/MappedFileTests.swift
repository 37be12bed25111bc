import Foundation
import Testing

@testable import Transformer

@Suite struct MappedFileTests {
    private let content = Data((0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })

    @Test func `pages that were let go of come back as they were`() throws {
        try TemporaryFile(content).withPath { path in
            let file = try MappedFile(path: path)
            #expect(Data(file.bytes) == content)
            file.release()
            #expect(Data(file.bytes) == content)
        }
    }

    @Test func `memory of its own is kept`() {
        let file = content.withUnsafeBytes { MappedFile(copying: $0, path: "copy") }
        file.release()
        #expect(Data(file.bytes) == content)
    }

    @Test func `what is no file with something in it is refused by name`() throws {
        for path in ["/nonexistent/model", "/", "/dev/null"] {
            let error = #expect(throws: ModelFileError.self) { try MappedFile(path: path) }
            #expect(error?.description.contains(path) == true)
        }
        try TemporaryFile(Data()).withPath { path in
            let error = #expect(throws: ModelFileError.self) { try MappedFile(path: path) }
            #expect(error?.code == .truncated)
        }
    }

    @Test func `a pipe that nobody writes into is refused and not waited for`() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)").path
        try #require(mkfifo(path, 0o600) == 0)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: ModelFileError.self) { try MappedFile(path: path) }
        #expect(error?.code == .unreadable)
    }
}

import Foundation
import Testing

@testable import Audit

@Suite struct RotationCompressorTests {
    private let folder: TemporaryFolder
    private let files: RotatedFiles

    init() throws {
        folder = try TemporaryFolder()
        files = RotatedFiles(path: folder.file("a.log"))
    }

    private func put(_ number: UInt64) throws -> String {
        let path = files.name(after: number, at: AuditTime(millisecondsSinceEpoch: 0))
        try Data("line \(number)\n".utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func whatIsPutAwayIsCompressedSoonerOrLater() async throws {
        let first = try put(1)
        let compressor = RotationCompressor(files: files)
        compressor.start()
        try await eventually { files.existing == [first + ".gz"] }
        let others = try [put(2), put(3)]
        compressor.start()
        compressor.start()
        try await eventually { files.uncompressed.isEmpty }
        #expect(files.existing == ([first] + others).map { $0 + ".gz" })
        compressor.close()
        #expect(compressor.takeFailures().isEmpty)
    }

    @Test func nothingBeginsOnceItIsClosed() throws {
        let compressor = RotationCompressor(files: files)
        compressor.close()
        let path = try put(1)
        compressor.start()
        compressor.close()
        #expect(files.existing == [path])
    }

    @Test func whatFailsIsToldOnceAndDoesNotStopTheOthers() async throws {
        let (first, second) = (try put(1), try put(2))
        let name = RotatedFiles.lastPart(of: first)
        let blocked = folder.file("compressing-\(name).gz")
        try FileManager.default.createDirectory(atPath: blocked, withIntermediateDirectories: true)
        let compressor = RotationCompressor(files: files)
        compressor.start()
        try await eventually { files.existing == [first, second + ".gz"] }
        compressor.close()
        #expect(compressor.takeFailures() == [name])
        #expect(compressor.takeFailures().isEmpty)
    }
}

import Deflate
import Foundation
import Testing

@testable import Audit

@Suite struct LogLinesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func gzip(_ text: [UInt8]) -> [UInt8] {
        var writer = GzipWriter()
        return writer.write(text) + writer.finish()
    }

    private func put(_ bytes: [UInt8], _ name: String = "a.log") throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
        return folder.file(name)
    }

    private func lines(_ path: String, limit: Int = LogEnd.lineLimit) throws -> [LogLines.Line] {
        var lines = try LogLines(path: path, limit: limit)
        var all: [LogLines.Line] = []
        while let line = try lines.next() { all.append(line) }
        return all
    }

    private func damage(_ bytes: [UInt8]) throws -> AuditFileError? {
        let path = try put(bytes)
        let error = #expect(throws: AuditFileError.self) { try lines(path) }
        #expect(error?.description.contains("'\(path)'") == true)
        return error
    }

    private static let text = Array((0..<40_000).map { "line \($0)\n" }.joined().utf8)

    @Test func aFileInGzipHasTheLinesOfThePlainOne() throws {
        let plain = try lines(put(Self.text))
        let packed = try lines(put(Self.gzip(Self.text), "b.gz"))
        #expect(plain.count == 40_000)
        #expect(packed.map(\.bytes) == plain.map(\.bytes))
        #expect(packed.last?.number == 40_000 && packed.allSatisfy(\.isEnded))
    }

    @Test func membersOneBehindTheOtherAreOneFile() throws {
        let found = try lines(put(Self.gzip(Array("one\ntw".utf8)) + Self.gzip([]) + Self.gzip(Array("o\nthree".utf8))))
        #expect(found.map { String(decoding: $0.bytes, as: UTF8.self) } == ["one", "two", "three"])
        #expect(found.map(\.isEnded) == [true, true, false])
    }

    @Test func aFileThatWasCompressedSinceItWasNamedIsFound() throws {
        _ = try put(Self.gzip(Array("one\n".utf8)), "a.log.gz")
        var found = try LogLines(path: folder.file("a.log"))
        #expect(found.path == folder.file("a.log.gz"))
        #expect(try found.next()?.bytes == Array("one".utf8))
    }

    @Test func aFileThatIsNotThereIsAClearError() throws {
        let path = folder.file("missing")
        let error = #expect(throws: AuditFileError.self) { try lines(path) }
        #expect(error == AuditFileError(.log, path: path, code: ENOENT))
    }

    @Test func cutOffIsSaid() throws {
        let packed = Self.gzip(Array("one\ntwo\n".utf8))
        for length in 2..<packed.count {
            #expect(try damage(Array(packed[..<length]))?.place == .damaged(.endsEarly(at: length)))
        }
    }

    @Test func whatStandsBehindIsSaid() throws {
        let packed = Self.gzip(Array("one\n".utf8))
        #expect(try damage(packed + Array("two\n".utf8))?.place == .damaged(.notGzip(at: packed.count)))
        #expect(try damage(packed + [0, 0])?.place == .damaged(.notGzip(at: packed.count)))
    }

    @Test func garbageIsSaid() throws {
        #expect(try damage([0x1f, 0x8b] + [UInt8](repeating: 0x5a, count: 300))?.place == .damaged(.notGzip(at: 0)))
        var packed = Self.gzip(Self.text)
        packed[packed.count - 6] ^= 1
        #expect(try damage(packed)?.place == .damaged(.wrongChecksum(at: packed.count)))
    }

    /// A few kilobytes that unpack to a million bytes without a line feed: no more than a line and a piece is kept.
    @Test func aLineWithoutEndComesInPieces() throws {
        let packed = Self.gzip([UInt8](repeating: 0x20, count: 1 << 20))
        #expect(packed.count < 8192)
        let found = try lines(put(packed), limit: 100_000)
        #expect(found.count > 5 && found.allSatisfy { $0.bytes.count < 100_000 + (64 << 10) + 258 && !$0.isEnded })
        #expect(found.reduce(0) { $0 + $1.bytes.count } == 1 << 20)
    }
}

import Deflate
import Foundation
import Testing

@testable import Audit

@Suite struct LogOrderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Files of one line each, numbered from 1; those with the suffix are compressed.
    private func put(_ names: [String]) throws -> [String] {
        var chain = AuditChain(after: nil, hash: testHash)
        return try names.map { name in
            let (line, next) = try chain.sealing(Array(#"{"event":"exchange""#.utf8))
            chain = next
            var writer = GzipWriter()
            let bytes = name.hasSuffix(".gz") ? writer.write(line) + writer.finish() : line
            try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
            return folder.file(name)
        }
    }

    @Test func theNumbersOfTheLinesDecideNotTheNames() throws {
        let paths = try put(["c.gz", "b", "d.gz", "a"])
        #expect(try orderedByFirstLine([paths[2], paths[3], paths[0], paths[1]]) == paths)
    }

    @Test func ofAFileThatIsThereTwiceThePlainOneIsRead() throws {
        let paths = try put(["a", "a.gz", "b.gz"])
        #expect(try orderedByFirstLine(paths) == [paths[0], paths[2]])
        #expect(try orderedByFirstLine([paths[1], paths[0]]) == [paths[0]])
        #expect(try orderedByFirstLine([paths[1]]) == [paths[1]])
    }

    @Test func aDamagedFileGoesFirst() throws {
        let paths = try put(["a", "b"])
        let damaged = folder.file("c.gz")
        try Data([0x1f, 0x8b, 8]).write(to: URL(fileURLWithPath: damaged))
        #expect(try orderedByFirstLine(paths + [damaged]) == [damaged] + paths)
    }

    @Test func aFileThatIsNotThereIsAnError() {
        #expect(throws: AuditFileError.self) { try orderedByFirstLine([folder.file("missing")]) }
    }
}

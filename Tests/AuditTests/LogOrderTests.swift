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
            return try put(line, name)
        }
    }

    private func put(_ line: [UInt8], _ name: String) throws -> String {
        var writer = GzipWriter()
        let bytes = name.hasSuffix(".gz") ? writer.write(line) + writer.finish() : line
        try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
        return folder.file(name)
    }

    /// A file of one line with this number and time.
    private func put(_ name: String, number: UInt64, time: String) throws -> String {
        let before = ChainLink(sequence: number - 1, previous: ChainLink.origin, hash: ChainLink.origin)
        let chain = AuditChain(after: number > 1 ? before : nil, hash: testHash)
        return try put(chain.sealing(Array(#"{"event":"exchange","time":"\#(time)""#.utf8)).line, name)
    }

    @Test func theNumbersOfTheLinesDecideNotTheNames() throws {
        let paths = try put(["c.gz", "b", "d.gz", "a"])
        #expect(try LogOrder.byNumber.applied(to: [paths[2], paths[3], paths[0], paths[1]]) == paths)
    }

    @Test func whereThereAreSeveralChainsTheTimesOfTheLinesDecide() throws {
        let paths = [
            try put("c", number: 8, time: "2026-11-29T12:00:00.000Z"),
            try put("a.gz", number: 1, time: "2026-11-29T12:00:01.000Z"),
            try put("b", number: 2, time: "2026-11-29T12:00:01.000Z"),
        ]
        #expect(try LogOrder.byTime.applied(to: [paths[2], paths[1], paths[0]]) == paths)
        #expect(try LogOrder.byNumber.applied(to: paths) == [paths[1], paths[2], paths[0]])
    }

    @Test(arguments: [LogOrder.byNumber, .byTime])
    func ofAFileThatIsThereTwiceThePlainOneIsRead(order: LogOrder) throws {
        let paths = try put(["a", "a.gz", "b.gz"])
        #expect(try order.applied(to: paths) == [paths[0], paths[2]])
        #expect(try order.applied(to: [paths[1], paths[0]]) == [paths[0]])
        #expect(try order.applied(to: [paths[1]]) == [paths[1]])
    }

    @Test func aDamagedFileGoesFirst() throws {
        let paths = try put(["a", "b"])
        let damaged = folder.file("c.gz")
        try Data([0x1f, 0x8b, 8]).write(to: URL(fileURLWithPath: damaged))
        #expect(try LogOrder.byNumber.applied(to: paths + [damaged]) == [damaged] + paths)
    }

    @Test func aFileThatIsNotThereIsAnError() throws {
        let paths = try put(["a"]) + [folder.file("missing")]
        #expect(throws: AuditFileError(.log, path: paths[1], code: ENOENT)) {
            try LogOrder.byNumber.applied(to: paths)
        }
    }

    /// A pipe would be empty for whoever reads it next.
    @Test func whatStandsAloneIsNotRead() throws {
        #expect(try LogOrder.byNumber.applied(to: ["/nowhere"]) == ["/nowhere"])
    }

    @Test func whatCanBeReadOnlyOnceIsAnErrorAmongFiles() throws {
        let paths = try put(["a"]) + ["/dev/null"]
        let error = #expect(throws: AuditFileError.self) { try LogOrder.byTime.applied(to: paths) }
        #expect(error?.place == .unordered && error?.description.contains("'/dev/null'") == true)
    }
}

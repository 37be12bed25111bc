import Foundation
import Testing

@testable import Audit

@Suite struct CompressedFileTests {
    private let folder: TemporaryFolder
    private let name = "a.log.20261129T024700Z-000000000042"
    private var path: String { folder.file(name) }
    private static let text = Data((0..<20_000).map { "line \($0)\n" }.joined().utf8)

    init() throws {
        folder = try TemporaryFolder()
        try Self.text.write(to: URL(fileURLWithPath: path))
    }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }
    }

    private func text(_ path: String) throws -> Data {
        var text = try LogText(path: path)
        var all = Data()
        while let piece = try text.next() { all += piece }
        return all
    }

    private func make(isCancelled: () -> Bool = { false }) throws {
        try CompressedFile(of: path).make(isCancelled: isCancelled)
    }

    @Test func itTakesThePlainOnesPlace() throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640, .modificationDate: Date(timeIntervalSince1970: 1_000_000)],
            ofItemAtPath: path
        )
        try make()
        #expect(try names == [name + ".gz"])
        #expect(try text(path + ".gz") == Self.text)
        let facts = try FileManager.default.attributesOfItem(atPath: path + ".gz")
        #expect(facts[.posixPermissions] as? Int == 0o640)
        #expect((facts[.modificationDate] as? Date)?.timeIntervalSince1970 == 1_000_000)
        #expect(try #require(facts[.size] as? Int) * 2 < Self.text.count)
    }

    @Test func anEmptyFileIsCompressedToo() throws {
        try Data().write(to: URL(fileURLWithPath: path))
        try make()
        #expect(try names == [name + ".gz"] && text(path + ".gz").isEmpty)
    }

    @Test func whenItIsCancelledThePlainOneStays() throws {
        // At each of the moments at which it is asked.
        var count = 0
        var isDone = false
        while !isDone {
            var asked = 0
            try make {
                asked += 1
                return asked > count
            }
            isDone = asked <= count
            if !isDone {
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Self.text)
                #expect(try names.allSatisfy { !$0.hasPrefix("compressing-") })
            }
            count += 1
        }
        #expect(count > 5)
        #expect(try names == [name + ".gz"] && text(path + ".gz") == Self.text)
    }

    @Test func whatWasWholeBeforeADeathIsKept() throws {
        try make()
        let made = try Data(contentsOf: URL(fileURLWithPath: path + ".gz"))
        try Self.text.write(to: URL(fileURLWithPath: path))
        try make()
        #expect(try names == [name + ".gz"])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".gz")) == made)
    }

    @Test(arguments: [Data(), Data([0x1f, 0x8b, 8]), Data("line 0\n".utf8)])
    func whatIsNotTheSameIsMadeAnew(other: Data) throws {
        try other.write(to: URL(fileURLWithPath: path + ".gz"))
        try make()
        #expect(try names == [name + ".gz"] && text(path + ".gz") == Self.text)
    }

    @Test func aFileRemovedMeanwhileDoesNotComeBack() throws {
        var asked = 0
        try make {
            asked += 1
            if asked == 4 { try? FileManager.default.removeItem(atPath: path) }
            return false
        }
        #expect(asked > 4)
        #expect(try names == [])
    }

    @Test func aFileThatIsNotThereIsAnError() {
        #expect(throws: AuditFileError(.log, path: folder.file("missing"), code: ENOENT)) {
            try CompressedFile(of: folder.file("missing")).make { false }
        }
    }

    @Test func aPlaceThatCannotBeWrittenIsAnErrorAndThePlainOneStays() throws {
        let place = folder.file("compressing-\(name).gz")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        #expect(throws: AuditFileError(.compressed, path: place, code: EISDIR)) { try make() }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Self.text)
    }
}

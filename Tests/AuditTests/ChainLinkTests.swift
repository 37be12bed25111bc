import Foundation
import Testing

@testable import Audit

@Suite struct ChainLinkTests {
    private func line(_ body: String = #"{"event":"exchange""#, after last: ChainLink? = nil) throws -> [UInt8] {
        try AuditChain(after: last, hash: testHash).sealing(Array(body.utf8)).line
    }

    @Test func aLineTellsItsPlaceAndWhatItsHashIsTakenOver() throws {
        let line = try line()
        let (link, sealable) = try #require(ChainLink.read(line.dropLast()))
        #expect(link.sequence == 1)
        #expect(link.previous == ChainLink.origin)
        #expect(try testHash(sealable) == link.hash)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.hasSuffix("\",\"hash\":\"\(link.hash)\"}}\n"))
        #expect(String(decoding: sealable, as: UTF8.self) == text.components(separatedBy: ",\"hash\"")[0])
    }

    @Test func theNextLineNamesTheOneBefore() throws {
        let first = try #require(ChainLink.read(line().dropLast())).link
        let second = try #require(ChainLink.read(line(after: first).dropLast())).link
        #expect(second.sequence == 2)
        #expect(second.previous == first.hash)
    }

    @Test(
        arguments: [
            "", "}", "{}", #"{"chain":{"seq":1}}"#, #"{"a":1,"chain":{"seq":,"prev":"P","hash":"P"}}"#,
            #"{"a":1,"chain":{"seq":01,"prev":"P","hash":"P"}}"#, #"{"a":1,"chain":{"seq":-1,"prev":"P","hash":"P"}}"#,
            #"{"a":1,"chain":{"seq":99999999999999999999,"prev":"P","hash":"P"}}"#,
            #"{"a":1,"chain":{"seq":1,"prev":"P","hash":"P"}} "#, #"{"a":1,"chain":{"seq":1,"prev":"P","hash":"Q"}}"#,
            #"{"a":1,"chain":{"seq":1,"prev":"Q","hash":"P"}}"#, #"{"a":1,"chain":{"seq": 1,"prev":"P","hash":"P"}}"#,
        ]
    )
    func whatIsNoLinkIsNotRead(text: String) {
        let line = text.replacing("P", with: ChainLink.origin).replacing("Q", with: String(repeating: "G", count: 64))
        #expect(ChainLink.read(Array(line.utf8)) == nil)
    }

    @Test func anyChangedByteChangesTheHash() throws {
        let whole = Array(try line().dropLast())
        let end = whole.count - ChainLink.hashDigits - 12
        for index in 0..<end {
            var changed = whole
            changed[index] ^= 1
            guard let (link, sealable) = ChainLink.read(changed) else { continue }
            #expect(try testHash(sealable) != link.hash)
        }
    }
}

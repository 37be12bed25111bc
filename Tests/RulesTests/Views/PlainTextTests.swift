import Testing

@testable import Rules

@Suite struct PlainTextTests {
    private func others(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return PlainText.othersIn(bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test func findsTheWordsThatAreNotPlainWithWhatStandsInFront() {
        #expect(others("a plain text with one naïve word in it") == [" naïve"])
        #expect(others("“quoted” and more words, then a\u{200B}b.") == ["“quoted”", " a\u{200B}b"])
        #expect(others("(é)") == ["(é"])
    }

    @Test func wordsBesideEachOtherAreOneStretch() {
        #expect(others("été à Paris") == ["été à"])
        #expect(others("안녕 세계") == ["안녕 세계"])
    }

    @Test(arguments: ["", "plain", "two\nlines\tand\r\nmore, all of it plain: yes!", "0123456789 []{}~"])
    func plainTextHasNone(text: String) { #expect(others(text).isEmpty) }

    @Test func everyByteThatIsNotPlainIsInAStretch() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<20 {
                var text = Array(repeating: UInt8(ascii: "."), count: 20)
                text[place] = byte
                let isOther = byte >= 0x7F || byte < 0x20 && !(0x09...0x0D).contains(byte)
                #expect(PlainText.othersIn(text) == (isOther ? [max(0, place - 1)..<place + 1] : []))
            }
        }
    }
}

import ChatAPI
import Testing

struct JSONWriterTests {
    private func written(_ value: JSONValue) -> String { String(decoding: JSONWriter.bytes(value), as: UTF8.self) }

    @Test func keepsTheOrderOfMembersAndTheSpellingOfNumbers() throws {
        let text = #"{"z":1.0e0,"a":[-0,123456789012345678901234567890],"m":{"b":null,"a":true}}"#
        #expect(written(try JSONParser.parse(Array(text.utf8))) == text)
    }

    @Test func escapesOnlyWhatHasToBe() {
        #expect(
            written(.string("\"\\/\u{08}\n\r\t\u{0}\u{1F}\u{7F}é😀"))
                == "\"\\\"\\\\/\\u0008\\n\\r\\t\\u0000\\u001f\u{7F}é😀\""
        )
    }

    @Test func escapesWhatReadersOfLinesDivideATextAt() {
        #expect(written(.string("a\u{2028}b\u{2029}c\u{85}d\u{2028}")) == #""a\u2028b\u2029c\u0085d\u2028""#)
        // Others that end in the same bytes.
        let others = "\u{2027}\u{202A}\u{A8}\u{A9}\u{E8}\u{E9}\u{20A8}\u{3028}\u{3029}\u{C5}\u{145}\u{1085}\u{2085}"
        #expect(written(.string(others)) == "\"\(others)\"")
    }

    @Test func escapesNamesToo() {
        #expect(written(.object(["a\"\n": .null])) == #"{"a\"\n":null}"#)
    }

    @Test func whatIsWrittenIsReadBackTheSameByteForByte() throws {
        var generator = SeededGenerator(seed: 20_261_123)
        for _ in 0..<3_000 {
            let bytes = JSONWriter.bytes(generator.value(depth: 4))
            // Bytes are compared, for equal strings may differ in them.
            #expect(JSONWriter.bytes(try JSONParser.parse(bytes)) == bytes)
        }
    }
}

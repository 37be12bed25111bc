import Testing
import Tokenizer

struct StreamDecoderTests {
    @Test func piecesAreWholeCharactersAndJoinToTheText() throws {
        let tokenizer = try Trunk.tokenizer()
        let text = "Hi 안녕하세요 😀👩‍👩‍👧 é 漢字 end"
        var decoder = StreamDecoder(tokenizer)
        var pieces: [String] = []
        for id in tokenizer.encode(text) { pieces.append(decoder.append(id)) }
        pieces.append(decoder.finish())
        #expect(pieces.joined() == text)
        #expect(!pieces.contains { $0.contains("\u{fffd}") })
    }

    @Test func aCharacterThatNeverEndsBecomesAReplacement() throws {
        let tokenizer = try Trunk.tokenizer()
        var decoder = StreamDecoder(tokenizer)
        let first = try #require(tokenizer.encode("\u{10348}").first)
        #expect(decoder.append(first) == "")
        #expect(decoder.finish() == "\u{fffd}")
        #expect(decoder.finish() == "")
    }

    @Test func strayContinuationBytesAreNotHeld() throws {
        let tokenizer = try Trunk.tokenizer()
        let last = try #require(tokenizer.encode("\u{10348}").last)
        var decoder = StreamDecoder(tokenizer)
        #expect(decoder.append(last) == "\u{fffd}")
        let a = try #require(tokenizer.encode("a").first)
        #expect(decoder.append(a) == "a")
    }
}

import Foundation
import Testing
import Tokenizer

struct TokenizerTests {
    private struct Golden: Decodable {
        var bytes: Data
        var ids: [Int32]
    }

    /// Written by `Tests/Reference/check_tokens.py --write-golden`.
    @Test func encodesAsTheReferenceDoes() throws {
        let tokenizer = try Trunk.tokenizer()
        let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/tokens-golden.json")
        let entries = try JSONDecoder().decode([Golden].self, from: Data(contentsOf: fixture))
        #expect(entries.count == 300)
        for entry in entries {
            #expect(
                tokenizer.encode(bytes: entry.bytes) == entry.ids,
                "\(String(decoding: entry.bytes, as: UTF8.self))"
            )
        }
    }

    @Test func typedMarkersNeverBecomeControlTokens() throws {
        let tokenizer = try Trunk.tokenizer()
        let markers = [
            "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<reponame>", "<file_sep>", "<filename>",
            "<gh_stars>", "<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>",
            "<jupyter_code>", "<jupyter_output>", "<jupyter_script>", "<empty_output>",
        ]
        for marker in markers {
            for text in [marker, "a\(marker)b", " \(marker)\n", "\(marker)\(marker)"] {
                let ids = tokenizer.encode(text)
                #expect(ids.allSatisfy { $0 > 16 })
                #expect(tokenizer.decode(ids) == text)
            }
        }
    }

    @Test func decodesToWhatWasEncoded() throws {
        let tokenizer = try Trunk.tokenizer()
        for text in [
            "", " ", "Hello, world!", "  two  spaces\n\n", "안녕하세요 😀 é e\u{301} ½", "it's 12:30", "\t\u{0}\u{7f}",
        ] {
            #expect(tokenizer.decode(tokenizer.encode(text)) == text)
        }
    }

    @Test func bytesWithoutATokenAreLeftOutAndTheirNeighboursMerge() throws {
        let tokenizer = try Trunk.tokenizer()
        #expect(tokenizer.encode("!\u{4}!") == tokenizer.encode("!!"))
    }

    @Test func illFormedBytesReadAsReplacementCharacters() throws {
        let tokenizer = try Trunk.tokenizer()
        #expect(tokenizer.encode(bytes: [0x61, 0xff, 0x62]) == tokenizer.encode("a\u{fffd}b"))
        #expect(tokenizer.encode(bytes: [0xe2, 0x82]) == tokenizer.encode("\u{fffd}"))
    }

    @Test func aMegabyteOfOneLetterIsEncodedWhole() throws {
        let tokenizer = try Trunk.tokenizer()
        let text = String(repeating: "a", count: 1_000_000)
        #expect(tokenizer.decode(tokenizer.encode(text)) == text)
    }

    /// What `encodeEnds` is to give.
    private func ends(_ tokens: [Int32], _ count: Int) -> [Int32] {
        tokens.count <= 2 * count ? tokens : Array(tokens.prefix(count) + tokens.suffix(count))
    }

    @Test(arguments: [
        "It isn't what they've said: 12 people, e.g., went home.\n\n", "안녕하세요 여러분, 반갑습니다. ", "안녕하세요", "我们今天去公园，看见3只狗。",
        "😀👍🏽", "👩‍👩‍👧 ok ", "a", " ", "\n", "1", "'s", "''s", "\u{4}", " \u{4}", "e\u{301}",
    ])
    func theEndsOfATextAreThoseOfAllItsTokens(piece: String) throws {
        let tokenizer = try Trunk.tokenizer()
        for repeats in [0, 1, 2, 7, 60, 600] {
            let middle = String(repeating: piece, count: repeats)
            for text in [middle, "Once \(middle)", "\(middle) more?", "No, \(middle)'ll 1"] {
                let tokens = tokenizer.encode(text)
                for count in [0, 1, 2, 5, 96, 192] {
                    #expect(tokenizer.encodeEnds(text, count: count) == ends(tokens, count), "\(repeats), \(count)")
                }
            }
        }
    }

    @Test func theEndsOfAnyTextAreThoseOfAllItsTokens() throws {
        let tokenizer = try Trunk.tokenizer()
        let pieces = HostileTextTests.characters + ["'s", "'ll", "re", "  ", "word", " the", "\u{4}"]
        var state: UInt64 = 3
        for length in 1...400 {
            var text = ""
            for _ in 0..<length {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            let tokens = tokenizer.encode(text)
            for count in [1, 3, 20] {
                #expect(tokenizer.encodeEnds(text, count: count) == ends(tokens, count), "\(text.debugDescription)")
            }
        }
    }

    @Test(arguments: ["", "And now: "])
    func theEndsOfAWordOfAMegabyteAreThoseOfAllItsTokens(start: String) throws {
        let tokenizer = try Trunk.tokenizer()
        let text = start + String(repeating: "ab", count: 500_000)
        #expect(tokenizer.encodeEnds(text, count: 192) == ends(tokenizer.encode(text), 192))
    }

    @Test func decodingSkipsControlTokensAndUnknownIds() throws {
        let tokenizer = try Trunk.tokenizer()
        let ids = tokenizer.encode("hello")
        #expect(tokenizer.decode([1, -1] + ids + [2, 49_152, .max, .min]) == "hello")
    }

    // MARK: Vocabularies that cannot be used

    @Test func refusesAnEmptyVocabulary() {
        #expect(throws: TokenizerError.vocabularySize(0)) { try Tokenizer(tokens: [], controlTokens: [], merges: []) }
    }

    @Test func refusesATokenOutsideTheAlphabet() {
        #expect(throws: TokenizerError.notByteLevel(token: "a b")) {
            try Tokenizer(tokens: ["a", "a b"], controlTokens: [], merges: [])
        }
    }

    @Test(arguments: ["ab", "a c", "c a", "a  b", ""])
    func refusesAMergeThatJoinsNoTokens(merge: String) {
        #expect(throws: TokenizerError.badMerge(merge)) {
            try Tokenizer(tokens: ["a", "b", "ab"], controlTokens: [], merges: [merge])
        }
    }

    @Test func refusesAMergeIntoAControlToken() {
        #expect(throws: TokenizerError.badMerge("a b")) {
            try Tokenizer(tokens: ["a", "b", "ab"], controlTokens: [2], merges: ["a b"])
        }
    }

    @Test func refusesAControlTokenOutsideTheVocabulary() {
        #expect(throws: TokenizerError.controlTokenOutOfRange(3)) {
            try Tokenizer(tokens: ["a"], controlTokens: [3], merges: [])
        }
    }
}

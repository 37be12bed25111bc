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

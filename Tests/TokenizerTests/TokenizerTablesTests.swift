import Testing

@testable import Tokenizer

struct TokenizerTablesTests {
    /// Tokens `<m>` (control), a, b, c, ab, abc.
    private static let small = TokenizerTables(
        bytes: Array("abcababc".utf8),
        ends: [0, 1, 2, 3, 5, 8],
        controlTokens: [0],
        merges: [1, 2, 4, 4, 3, 5]
    )

    @Test func theWrittenFormAndTheNumbersAreTheSameVocabulary() throws {
        let written = try TokenizerTables(
            tokens: ["<m>", "a", "b", "c", "ab", "abc"],
            controlTokens: [0],
            merges: ["a b", "ab c"]
        )
        #expect(written == Self.small)
        let tokenizer = try Tokenizer(Self.small)
        #expect(tokenizer.count == 6 && tokenizer.controlTokens == [0])
        #expect(tokenizer.encode("cabcab<m>") == [3, 5, 4])
        #expect(tokenizer.decode([3, 0, 5, 4]) == "cabcab")
    }

    @Test func tablesThatContradictThemselvesAreRefused() {
        func error(_ change: (inout TokenizerTables) -> Void) -> TokenizerError? {
            var tables = Self.small
            change(&tables)
            do throws(TokenizerError) {
                _ = try Tokenizer(tables)
                return nil
            } catch {
                return error
            }
        }
        func isMalformed(_ change: (inout TokenizerTables) -> Void) -> Bool {
            if case .malformedTables = error(change) { true } else { false }
        }
        #expect(error { _ in } == nil)
        #expect(error { $0.ends = [] } == .vocabularySize(0))
        #expect(isMalformed { $0.ends[2] = 0 })
        #expect(isMalformed { $0.ends[0] = -1 })
        #expect(isMalformed { $0.ends[5] = 9 })
        #expect(isMalformed { $0.ends[5] = .max })
        #expect(isMalformed { $0.bytes.append(0) })
        #expect(isMalformed { $0.bytes = [] })
        #expect(error { $0.controlTokens = [6] } == .controlTokenOutOfRange(6))
        #expect(error { $0.controlTokens = [-1] } == .controlTokenOutOfRange(-1))
        #expect(isMalformed { $0.controlTokens = [1] })
        #expect(isMalformed { $0.merges.removeLast() })
        for place in 0..<6 {
            for id in [-1, 0, 6, .max, .min, 3] as [Int32] where Self.small.merges[place] != id {
                #expect(isMalformed { $0.merges[place] = id }, "\(place) \(id)")
            }
        }
    }
}

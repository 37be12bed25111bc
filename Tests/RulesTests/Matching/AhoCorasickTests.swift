import Testing

@testable import Rules

@Suite struct AhoCorasickTests {
    private func found(_ patterns: [String], in text: String) -> Set<[Int]> {
        var found: Set<[Int]> = []
        AhoCorasick(patterns.map { Array($0.utf8) }).search(Array(text.utf8)) { found.insert([$0, $1]) }
        return found
    }

    @Test func findsOverlappingAndNestedStrings() {
        #expect(found(["he", "she", "his", "hers"], in: "ushers") == [[0, 4], [1, 4], [3, 6]])
        #expect(found(["a", "aa"], in: "aaa") == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3]])
    }

    @Test func reportsEqualPatternsAndNothingForNone() {
        #expect(found(["ab", "ab"], in: "ab") == [[0, 2], [1, 2]])
        #expect(found([], in: "ab").isEmpty)
        #expect(found(["ab"], in: "").isEmpty)
    }

    /// Long texts are searched in parts; what lies across two of them is found once, like everything else.
    @Test func agreesWithLookingAtEveryPlaceInTextsThatAreSearchedInParts() {
        var random = SeededGenerator(seed: 32)
        for length in [60, 61, 62, 63, 64, 120, 997] {
            let patterns = ["ab", "abba", "bab", "cc", "a"]
            let text = random.text(of: "abc", length: length...length)
            let bytes = Array(text.utf8)
            var expected: [[Int]] = []
            for (index, pattern) in patterns.enumerated() {
                let count = pattern.utf8.count
                for start in 0...bytes.count - count where bytes[start...].starts(with: pattern.utf8) {
                    expected.append([index, start + count])
                }
            }
            var found: [[Int]] = []
            AhoCorasick(patterns.map { Array($0.utf8) }).search(bytes) { found.append([$0, $1]) }
            #expect(found.sorted { $0.lexicographicallyPrecedes($1) } == expected)
        }
    }

    @Test func agreesWithLookingAtEveryPlace() {
        var random = SeededGenerator(seed: 31)
        for _ in 0..<300 {
            let patterns = (0..<Int.random(in: 1...6, using: &random)).map { _ in random.text(of: "abé", length: 1...4)
            }
            let text = random.text(of: "abéc", length: 0...30)
            let bytes = Array(text.utf8)
            var expected: Set<[Int]> = []
            for (index, pattern) in patterns.enumerated() {
                let count = pattern.utf8.count
                for start in 0..<max(0, bytes.count - count + 1) where bytes[start...].starts(with: pattern.utf8) {
                    expected.insert([index, start + count])
                }
            }
            #expect(found(patterns, in: text) == expected)
        }
    }
}

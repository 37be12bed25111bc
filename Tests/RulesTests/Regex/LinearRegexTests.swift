import Testing

@testable import Rules

func spans(_ pattern: String, ignoreCase: Bool = false, in text: String, limit: Int = 1000) throws -> [Range<Int>] {
    let bytes = Array(text.utf8)
    let regex = try LinearRegex(pattern, ignoreCase: ignoreCase)
    return bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: limit) }.spans
}

private func words(_ pattern: String, ignoreCase: Bool = false, in text: String) throws -> [String] {
    let bytes = Array(text.utf8)
    return try spans(pattern, ignoreCase: ignoreCase, in: text).map { String(decoding: bytes[$0], as: UTF8.self) }
}

@Suite struct LinearRegexTests {
    @Test func literalsMatchWhereTheyStand() throws {
        #expect(try spans("ab", in: "xxabab") == [2..<4, 4..<6])
        #expect(try spans("ab", in: "a b").isEmpty)
        #expect(try spans("ab", in: "").isEmpty)
    }

    @Test func offsetsAreUTF8BytesOfWholeScalars() throws {
        #expect(try spans("é", in: "aéa") == [1..<3])
        #expect(try spans("😀+", in: "x😀😀y") == [1..<9])
        #expect(try spans(".", in: "e\u{301}") == [0..<1, 1..<3])
        #expect(try spans("\u{FFFD}", in: "a\u{FFFD}b") == [1..<4])
    }

    @Test func theLeftmostMatchWinsAndThenTheBranchThatStandsFirst() throws {
        #expect(try words("bc|abcd", in: "abcd") == ["abcd"])
        #expect(try words("a|ab", in: "ab") == ["a"])
        #expect(try words("ab|a", in: "ab") == ["ab"])
    }

    @Test func greedyTakesMoreAndLazyTakesLess() throws {
        #expect(try words("<.+>", in: "<a><b>") == ["<a><b>"])
        #expect(try words("<.+?>", in: "<a><b>") == ["<a>", "<b>"])
        #expect(try words("a{2,3}", in: "aaaaa") == ["aaa", "aa"])
        #expect(try words("a{2,3}?", in: "aaaaa") == ["aa", "aa"])
        #expect(try words("a{2,}", in: "a aa aaaa") == ["aa", "aaaa"])
    }

    @Test func classesHoldWhatTheyName() throws {
        #expect(try words("[a-c]+", in: "xabcd") == ["abc"])
        #expect(try words("[^a-c]+", in: "abxyc") == ["xy"])
        #expect(try words("[]a]+", in: "x]a]") == ["]a]"])
        #expect(try words("[a-]+", in: "x-a") == ["-a"])
        #expect(try words("[\\d\\s]+", in: "a1 2b") == ["1 2"])
        #expect(try words("\\w+", in: "naïve Привет, 你好 ok_1!") == ["naïve", "Привет", "你好", "ok_1"])
        #expect(try words("\\d+", in: "12 ١٢") == ["12"])
        #expect(try words("\\s", in: "a\u{A0}b\u{3000}c").count == 2)
    }

    @Test func wordBoundariesKnowLettersOfAllScripts() throws {
        #expect(try words("\\bcat\\b", in: "cat concat cat's écat") == ["cat", "cat"])
        #expect(try words("\\Bcat", in: "cat concat") == ["cat"])
        #expect(try spans("\\bcat\\b", in: "concat cat") == [7..<10])
    }

    @Test func wordBoundariesStandBesideScriptsThatMarkNoWords() throws {
        #expect(try words("\\b\\d{16}\\b", in: "我的卡号是4111111111111111。") == ["4111111111111111"])
        let keys = "鍵はghp_0aです、คือghp_1aครับ 키는 ghp_2a입니다"
        #expect(try words("\\bghp_[a-z0-9]+\\b", in: keys) == ["ghp_0a", "ghp_1a", "ghp_2a"])
        #expect(try spans("\\b中", in: "中中 a中") == [0..<3, 8..<11])
        #expect(try spans("\\B中", in: "中中 a中") == [3..<6])
        #expect(try words("\\bcat\\b", in: "яcat catя 1cat _cat").isEmpty)
    }

    @Test func anchorsHoldAtTextOrAtLines() throws {
        #expect(try spans("^a", in: "aa\na") == [0..<1])
        #expect(try spans("(?m)^a", in: "aa\na") == [0..<1, 3..<4])
        #expect(try spans("a$", in: "a\na") == [2..<3])
        #expect(try spans("(?m)a$", in: "a\na") == [0..<1, 2..<3])
        #expect(try spans("\\Aab\\z", in: "ab") == [0..<2])
        #expect(try spans("(?s)a.b", in: "a\nb") == [0..<3])
        #expect(try spans("a.b", in: "a\nb").isEmpty)
    }

    @Test func ignoringCaseIsScalarByScalar() throws {
        #expect(try words("straße", ignoreCase: true, in: "STRASSE Straße STRAßE") == ["Straße", "STRAßE"])
        #expect(try words("привет", ignoreCase: true, in: "ПРИВЕТ") == ["ПРИВЕТ"])
        #expect(try words("[a-c]+", ignoreCase: true, in: "xAbC") == ["AbC"])
        #expect(try words("[^a]", ignoreCase: true, in: "aAb") == ["b"])
        #expect(try words("a(?i)b", in: "ab aB AB") == ["ab", "aB"])
        #expect(try words("a(?i:b)c", in: "aBc aBC") == ["aBc"])
        #expect(try words("(?-i:a)b", ignoreCase: true, in: "aB AB") == ["aB"])
    }

    @Test func usualRulesOfOperatorsWork() throws {
        let mail = "[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+"
        #expect(try words(mail, in: "to jo.doe+x@mail.example.org, please") == ["jo.doe+x@mail.example.org"])
        #expect(try words("\\b(?:\\d[ -]?){12,18}\\d\\b", in: "card 4111 1111 1111 1111.") == ["4111 1111 1111 1111"])
        #expect(
            try words("\\bsk-[A-Za-z0-9]{20,}\\b", in: "key sk-aaaaaaaaaabbbbbbbbbb0") == ["sk-aaaaaaaaaabbbbbbbbbb0"]
        )
    }

    @Test func aLimitStopsTheSearchAndSaysSo() throws {
        let regex = try LinearRegex("a")
        let bytes = Array("aaaa".utf8)
        let found = bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 2) }
        #expect(found.spans == [0..<1, 1..<2])
        #expect(found.stop != nil)
    }

    @Test func bytesThatAreNotUTF8AreReadAsReplacementCharacters() throws {
        let regex = try LinearRegex("a\u{FFFD}+b")
        for bytes: [UInt8] in [[0x61, 0xFF, 0x62], [0x61, 0xC3, 0x62], [0x61, 0xF0, 0x9F, 0x62]] {
            let found = bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 9) }
            #expect(found.spans == [0..<bytes.count])
        }
    }

    @Test(arguments: 0..<6) func anyPatternMatchesAsTheBacktrackingReferenceDoes(seed: Int) throws {
        var generator = PatternGenerator(random: SeededGenerator(seed: UInt64(seed) + 1))
        var compared = 0
        for _ in 0..<150 {
            let pattern = generator.pattern()
            guard let regex = try? LinearRegex(pattern) else { continue }
            let node = try RegexParser.parse(pattern, ignoreCase: false)
            for round in 0..<6 {
                let text =
                    round % 2 == 0 ? generator.text() : generator.text() + generator.sample(node) + generator.text()
                guard let expected = try? BacktrackingReference.matches(pattern, in: text) else { continue }
                let bytes = Array(text.utf8)
                let found = bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 1000) }
                if node.hasNullableLoop {
                    #expect(found.spans.first?.lowerBound == expected.first?.lowerBound, "/\(pattern)/")
                } else if found.stop == nil {
                    #expect(found.spans == expected, "/\(pattern)/ on \(text.debugDescription)")
                }
                compared += 1
            }
        }
        #expect(compared > 200)
    }

    /// Patterns and texts that take a backtracking engine exponential or cubic time.
    static let hostile: [(pattern: String, text: @Sendable (Int) -> String)] = [
        ("(a+)+$", { String(repeating: "a", count: $0) + "!" }),
        ("(a|aa)+$", { String(repeating: "a", count: $0) + "!" }),
        ("(a|a?)+b", { String(repeating: "a", count: $0) }),
        ("(.*a){12}b", { String(repeating: "a", count: $0) }),
        ("([a-zA-Z]+)*!$", { String(repeating: "a", count: $0) }),
        ("\\s+$", { String(repeating: " ", count: $0) + "x" }),
        ("a.*b|a", { String(repeating: "a", count: $0) }),
        ("(x+x+)+y", { String(repeating: "x", count: $0) }),
        ("[\\w.+-]+@[\\w-]+(\\.[\\w-]+)+", { String(repeating: "a.", count: $0 / 2) }),
        ("(\\w+\\s?)+:$", { String(repeating: "ab ", count: $0 / 3) }),
        ("a{0,50}a{50}b", { String(repeating: "a", count: $0) }),
        ("[ab]*a[ab]{9}c", { String((0..<$0).map { $0 * $0 % 7 < 3 ? "a" : "b" }) }),
    ]

    @Test(arguments: LinearRegexTests.hostile.indices) func stepsGrowLinearlyWithTheText(index: Int) throws {
        let (pattern, text) = Self.hostile[index]
        func steps(_ length: Int) throws -> Int {
            let regex = try LinearRegex(pattern)
            let bytes = Array(text(length).utf8)
            return bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 256) }.steps
        }
        let size = try LinearRegex(pattern).program.instructions.count
        let small = try steps(1000)
        let large = try steps(8000)
        // Twice the growth of the text is room for the start; quadratic growth would be 64 times.
        #expect(large <= 16 * small + 1000, "/\(pattern)/: \(small) steps, then \(large)")
        #expect(large <= (LinearRegex.stepBudget + 8) * 8001 * size, "/\(pattern)/")
    }

    @Test func searchesMayRunSideBySide() async throws {
        let regex = try LinearRegex("\\b[a-f]+\\d")
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let bytes = Array(String(repeating: "abc1 zz ", count: 50).utf8)
                    return bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 1000) }.spans.count
                }
            }
            for await count in group { #expect(count == 50) }
        }
    }
}

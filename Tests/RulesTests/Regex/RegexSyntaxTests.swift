import Testing

@testable import Rules

@Suite struct RegexSyntaxTests {
    @Test(arguments: [
        "a", "(?i)secret", "[a-z]{2,5}", "a|b", "(?:a(?:b(?:c)))", "\\u{1F600}", "\\x41", "\\x{41}", "\\u0041", "\\.",
        "\\/", "\\-", "[\\]\\[]", "}", "]", "a}", "\\{", "é+", "a(|b)",
    ]) func acceptsTheDialect(pattern: String) {
        #expect(RegexSyntax.check(pattern: pattern, ignoreCase: false) == nil)
        #expect(RegexSyntax.check(pattern: pattern, ignoreCase: true) == nil)
    }

    @Test(arguments: [
        ("ab(c", "group is not closed", 3), ("ab)", "no group", 3), ("[ab", "class is not closed", 1),
        ("a[", "class is not closed", 2), ("[]", "class is not closed", 1), ("*a", "nothing stands before", 1),
        ("a|+", "nothing stands before", 3), ("a**", "quantifier follows", 3), ("a++", "possessive", 3),
        ("a{2}{3}", "quantifier follows", 5), ("a{3,2}", "at least 3", 2), ("a{1001}", "1000 at the most", 3),
        ("a{", "begins a count", 2), ("a{2", "not closed", 2), ("a{,3}", "begins a count", 2),
        ("{2}", "nothing stands", 1),
        ("a\\", "single backslash", 2), ("\\q", "no meaning", 1), ("(a)\\1", "back-references", 4),
        ("x(?=a)", "look-ahead", 2), ("x(?!a)", "look-ahead", 2), ("(?<=a)x", "look-behind", 1),
        ("(?<!a)x", "look-behind", 1), ("(?P<n>a)", "named groups", 1), ("(?<n>a)", "named groups", 1),
        ("(?>a)", "atomic", 1), ("(?x)a", "not a flag", 3), ("\\p{L}", "properties", 1), ("[[:alpha:]]", "POSIX", 2),
        ("[z-a]", "ends before", 2), ("[a-\\d]", "single character", 2), ("\\xZ1", "2 hexadecimal", 1),
        ("\\u{110000}", "not a Unicode scalar", 1), ("\\u{}", "braces", 1), ("\\uD800", "not a Unicode scalar", 1),
        ("a\\b+", "assertion cannot be repeated", 4), ("é(", "not closed", 2), ("(?", "not closed", 1),
    ]) func saysWhatIsWrongAndWhere(pattern: String, message: String, position: Int) throws {
        let error = try #require(RegexSyntax.check(pattern: pattern, ignoreCase: false))
        #expect(error.contains(message), "\(pattern): \(error)")
        #expect(error.contains("at character \(position) "), "\(pattern): \(error)")
    }

    @Test(arguments: ["", "a*", "a?", "(a|)", "^", "\\b", "^$", "(?i)", "(a*)*", "a{0}"])
    func refusesPatternsThatMatchTheEmptyText(pattern: String) throws {
        let error = try #require(RegexSyntax.check(pattern: pattern, ignoreCase: false))
        #expect(error.contains("empty text"))
    }

    @Test func refusesWhatWouldCostTooMuch() throws {
        let nested = try #require(RegexSyntax.check(pattern: "((a{1000}){1000}){1000}", ignoreCase: false))
        #expect(nested.contains("instructions"))
        let deepest = String(repeating: "(a{1000}", count: 99) + String(repeating: "){1000}", count: 99)
        #expect(RegexSyntax.check(pattern: deepest, ignoreCase: false)?.contains("instructions") == true)
        let long = String(repeating: "a", count: RegexLimits.patternLength + 1)
        #expect(RegexSyntax.check(pattern: long, ignoreCase: false)?.contains("bytes") == true)
        let groups = String(repeating: "(", count: 4000)
        #expect(RegexSyntax.check(pattern: groups, ignoreCase: false)?.contains("nested") == true)
    }

    @Test func theLimitsThemselvesAreAllowed() {
        #expect(RegexSyntax.check(pattern: "a{1000}", ignoreCase: false) == nil)
        let depth = RegexLimits.nestingDepth
        let nested = String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        #expect(RegexSyntax.check(pattern: nested, ignoreCase: false) == nil)
        let long = String(repeating: "a", count: RegexLimits.patternLength)
        #expect(RegexSyntax.check(pattern: long, ignoreCase: false) == nil)
    }

    @Test func noRandomPatternTraps() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<3000 {
            let pattern = random.text(of: "ab()[]{}|*+?\\^$.-,:=!<>x1d9imsuéP\u{0}😀", length: 0...16)
            _ = RegexSyntax.check(pattern: pattern, ignoreCase: Bool.random(using: &random))
        }
    }
}

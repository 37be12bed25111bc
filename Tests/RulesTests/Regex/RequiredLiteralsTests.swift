import Testing

@testable import Rules

@Suite struct RequiredLiteralsTests {
    private func literals(_ pattern: String, ignoreCase: Bool = false) throws -> Set<String>? {
        let node = try RegexParser.parse(pattern, ignoreCase: ignoreCase)
        return RequiredLiterals.ofEveryMatch(node).map { Set($0.map { String(decoding: $0, as: UTF8.self) }) }
    }

    @Test func findsWhatEveryMatchContains() throws {
        #expect(try literals("sk-[A-Za-z0-9]{20}") == ["sk-"])
        #expect(try literals("(?i)ignore\\s+(all|previous)") == ["ignore all", "ignore previous"])
        #expect(try literals("\\w+@example\\.org") == ["@example.org"])
        #expect(try literals("colou?r") == ["color", "colour"])
        #expect(try literals("Foo|BAR", ignoreCase: true) == ["foo", "bar"])
        #expect(try literals("(abc)+x*") == ["abc"])
        #expect(try literals("ПРИВЕТ") == ["привет"])
    }

    @Test func saysNothingWhereNothingIsKnown() throws {
        #expect(try literals("\\d{4}") == nil)
        #expect(try literals("ab") == nil)
        #expect(try literals("abc|\\d") == nil)
        #expect(try literals("(abc)?x") == nil)
    }

    @Test func noTextWithAMatchLacksThem() throws {
        var generator = PatternGenerator(random: SeededGenerator(seed: 99))
        var checked = 0
        for _ in 0..<800 {
            let pattern = generator.pattern()
            let ignoresCase = Bool.random(using: &generator.random)
            guard let regex = try? LinearRegex(pattern, ignoreCase: ignoresCase), let literals = regex.requiredLiterals
            else { continue }
            let node = try RegexParser.parse(pattern, ignoreCase: ignoresCase)
            for _ in 0..<4 {
                let text = generator.random.text(of: "abc \n", length: 0...4) + generator.sample(node) + " "
                let bytes = Array(text.utf8)
                let found = bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 1) }
                guard !found.spans.isEmpty else { continue }
                var seen = false
                AhoCorasick(Array(literals)).search(FoldedText(bytes).bytes) { _, _ in seen = true }
                #expect(seen, "/\(pattern)/ on \(text.debugDescription)")
                checked += 1
            }
        }
        #expect(checked > 100)
    }
}

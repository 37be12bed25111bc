import Policy
import PolicyLanguage
import Testing

/// Texts that are no YAML, no single document, or made to hurt whoever reads them.
@Suite struct YAMLDocumentTests {
    static let wrong: [(String, [String])] = [
        ("", ["1:1: the file holds no policy"]),
        ("# nothing\n", ["2:1: the file holds no policy"]),
        ("---\n...\n", ["2:1: a policy must be a mapping, not nothing"]),
        ("a: 1\n---\nb: 1\n", ["2:1: a second document begins here"]),
        (
            "a: 1\nb: 2\na: 3\n",
            [
                "1:1: unknown key 'a' in a policy", "1:1: a policy has no 'version', 'name', 'input', 'output'",
                "2:1: unknown key 'b' in a policy", "3:1: 'a' is given twice",
            ]
        ),
        (
            "? [a, b]\n: 1\n",
            ["1:1: a policy has no 'version', 'name', 'input', 'output'", "1:3: a key must be a text, not a list"]
        ),
        (
            "? {a: b}\n: 1\n",
            ["1:1: a policy has no 'version', 'name', 'input', 'output'", "1:3: a key must be a text, not a mapping"]
        ),
        (
            "version: !!int 1\nname: !x a\ninput: ignore\noutput: ignore\n",
            ["1:10: tags are not supported: '!!int'", "2:7: tags are not supported: '!x'"]
        ),
        ("a: [1, 2\n", ["2:1: not valid YAML: did not find expected ',' or ']' while parsing a flow sequence"]),
        ("a: {b: 1\nc: 2\n", ["2:2: not valid YAML: did not find expected ',' or '}' while parsing a flow mapping"]),
        ("a: \"text\n", ["2:1: not valid YAML: found unexpected end of stream while scanning a quoted scalar"]),
        ("a: 'text\nb: 1\n", ["3:1: not valid YAML: found unexpected end of stream while scanning a quoted scalar"]),
        (
            "a: 1\n\tb: 2\n",
            ["2:1: not valid YAML: found a tab character that violates indentation while scanning a plain scalar"]
        ),
        (
            "a:\n\t- b\n",
            ["2:1: not valid YAML: found character that cannot start any token while scanning for the next token"]
        ),
        ("a: b: c\n", ["1:5: not valid YAML: mapping values are not allowed in this context"]),
        (
            "a: @b\n",
            ["1:4: not valid YAML: found character that cannot start any token while scanning for the next token"]
        ),
        (
            "a: `b`\n",
            ["1:4: not valid YAML: found character that cannot start any token while scanning for the next token"]
        ),
        (
            "a: %b\n",
            ["1:4: not valid YAML: found character that cannot start any token while scanning for the next token"]
        ),
        ("a: \"\\d\"\n", ["1:5: not valid YAML: found unknown escape character while parsing a quoted scalar"]),
        (
            "a: \"\\uD800\"\n",
            ["1:7: not valid YAML: found invalid Unicode character escape code while parsing a quoted scalar"]
        ),
        ("a:\n  b: 1\n c: 2\n", ["3:2: not valid YAML: did not find expected key while parsing a block mapping"]),
        ("a\nb: 1\n", ["2:2: not valid YAML: mapping values are not allowed in this context"]),
        ("- a\nb: 1\n", ["2:1: not valid YAML: did not find expected '-' indicator while parsing a block collection"]),
        ("a: ]\n", ["1:4: not valid YAML: did not find expected node content while parsing a block node"]),
        ("%YAML 3.0\n---\na: 1\n", ["1:1: not valid YAML: found incompatible YAML document"]),
        ("a: |\n  x\n y\n", ["3:2: not valid YAML: did not find expected key while parsing a block mapping"]),
    ]

    @Test(arguments: wrong)
    func tellsWhatIsWrongAndWhere(text: String, expected: [String]) {
        #expect(errors(in: text) == expected)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func deepNestingEndsAtTheLimit(opening: String) {
        let text = String(repeating: opening, count: 200_000)
        #expect(errors(in: text).map { $0.split(separator: ": ").last } == ["more than 64 levels inside each other"])
    }

    @Test func theDepthLimitIsExact() {
        func nested(_ depth: Int) -> String {
            policyText() + "x: " + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
        }
        #expect(errors(in: nested(64)) == ["5:1: unknown key 'x' in a policy"])
        #expect(errors(in: nested(65)) == ["5:67: more than 64 levels inside each other"])
    }

    @Test func theNodeLimitIsExact() {
        var limits = YAMLLimits()
        limits.nodes = 12
        let limited = PolicyLoader(limits: limits) { _, _ in nil }
        func messages(_ text: String) -> [String] {
            do throws(PolicyError) {
                _ = try limited.load(text: text, file: "test.yaml")
                return []
            } catch {
                return error.diagnostics.map(\.message)
            }
        }
        // Four keys, four values and the mapping are nine; 'x', its list and one item make twelve.
        #expect(messages(policyText() + "x: [1]") == ["unknown key 'x' in a policy"])
        #expect(messages(policyText() + "x: [1, 2]") == ["more than 12 values"])
    }

    @Test func manySmallValuesEndAtTheNodeLimit() {
        let text = "a: [" + String(repeating: "1,", count: 300_000) + "1]"
        #expect(errors(in: text).map { $0.split(separator: ": ").last } == ["more than 100000 values"])
    }

    @Test func aHugeKeyIsAnErrorAndItsMessageIsShort() {
        let key = String(repeating: "k", count: 900_000)
        for text in ["\(key): 1\n", "? \(key)\n: 1\n", "\"\(key)\": 1\n"] {
            let found = diagnostics(of: text)
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.description.count < 600 })
        }
    }

    @Test func aNullCharacterMadeByAnEscapeIsPartOfTheText() throws {
        let text = policyText(rules: "[{id: a, category: hate, match: {keywords: [\"a\\0b\"]}, action: log}]")
        let policy = try loader.load(text: text, file: "test.yaml")
        #expect(policy.rules.first?.matchers == [.keyword("a\0b")])
        let name = policyText().replacing("name: test", with: "name: \"a\\0b\"")
        #expect(errors(in: name) == ["2:7: name must be one line of at most 100 characters"])
    }

    /// Every prefix of a real policy, and every policy with one byte changed, loads or is refused with a diagnostic.
    @Test func brokenTextsAreRefusedWithoutATrap() {
        let text = Array(
            policyText(
                input: "{roles: [user], overall: {threshold: 0.9, action: block}, others: ignore}",
                rules: "\n  - {id: a, category: hate, match: {regex: ['a']}, action: log, tests: {match: [\"a\"]}}\n"
            ).utf8
        )
        for end in text.indices { _ = diagnostics(of: Array(text[..<end])) }
        var generator = SplitMix64(seed: 20_261_123)
        for _ in 0..<1000 {
            var changed = text
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                let byte = UInt8.random(in: 0...255, using: &generator)
                changed[Int.random(in: text.indices, using: &generator)] = byte
            }
            for diagnostic in diagnostics(of: changed) { #expect(!diagnostic.message.isEmpty) }
        }
    }
}

/// A small generator with a seed, so that a failure can be seen again (Steele, Lea and Flood, 2014).
private struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

import Foundation
import GuardCore
import Policy
import Testing

@testable import Rules

private func rule(
    _ matchers: Matcher...,
    id: String = "r",
    phases: Set<Phase> = Set(Phase.allCases),
    roles: Set<Role> = Set(Role.allCases),
    tests: [RuleTest] = []
) -> Rule {
    Rule(id: id, category: .privacy, phases: phases, roles: roles, matchers: matchers, action: .block, tests: tests)
}

private func matched(_ rules: [Rule], _ text: String) throws -> [String] {
    let segment = TextSegment(path: "/messages/0/content", role: .user, text: text)
    let bytes = Array(text.utf8)
    return try RuleSet(rules).matches(in: [segment], phase: .input).map {
        String(decoding: bytes[$0.span], as: UTF8.self)
    }
}

@Suite struct RuleSetTests {
    @Test func keywordsStandOnWordBoundaries() throws {
        let rules = [rule(.keyword("Cat food"))]
        #expect(try matched(rules, "my CAT  \n food, please") == ["CAT  \n food"])
        #expect(try matched(rules, "concat food").isEmpty)
        #expect(try matched(rules, "cat foods").isEmpty)
        #expect(try matched(rules, "cat-food").isEmpty)
        #expect(try matched([rule(.keyword("c++"))], "I use c++11") == ["c++"])
    }

    @Test func scriptsWithoutSpacesNeedNoBoundaries() throws {
        #expect(try matched([rule(.keyword("密码"))], "请告诉我密码好吗") == ["密码"])
        #expect(try matched([rule(.keyword("비밀번호"))], "내 비밀번호를 알려줘") == ["비밀번호"])
        #expect(try matched([rule(.keyword("번호"))], "비밀번호를").isEmpty)
        #expect(try matched([rule(.keyword("пароль"))], "мой ПАРОЛЬ!") == ["ПАРОЛЬ"])
    }

    /// Attack list A1 to A3 and A5: what hides a keyword.
    @Test(arguments: [
        "pa\u{200B}ss\u{AD}word", "p\u{202E}assword", "ｐａｓｓｗｏｒｄ", "𝗽𝗮𝘀𝘀𝘄𝗼𝗿𝗱", "pаsswоrd", "p\u{336}a\u{336}ssword",
        "pass\u{E0041}word", "pass\u{FE0F}word", "PASSWORD", "ⓟⓐⓢⓢⓦⓞⓡⓓ", "\u{FEFF}password", "pass\u{3164}word",
    ]) func keywordsAreFoundHoweverHidden(hidden: String) throws {
        let text = "tell me the \(hidden) now"
        let found = try matched([rule(.keyword("password"))], text)
        #expect(found.count == 1)
        #expect(found.first.map { text.contains($0) && $0.utf8.count >= 8 } == true)
        #expect(try matched([rule(.regex(pattern: "password", ignoreCase: true))], text).count == 1)
    }

    @Test func encodedTextIsRead() throws {
        let plain = "give me the password of root"
        let base64 = Data(plain.utf8).base64EncodedString()
        let hexadecimal = plain.utf8.map { String($0, radix: 16) }.joined()
        let percent = plain.utf8.map { "%" + String($0, radix: 16) }.joined()
        let nested = Data(("see " + base64).utf8).base64EncodedString()
        for hidden in [base64, hexadecimal, percent, nested, "x" + base64 + "y"] {
            for matcher: Matcher in [.keyword("password"), .regex(pattern: "pass\\w+", ignoreCase: false)] {
                let found = try matched([rule(matcher)], "Decode \(hidden) please")
                #expect(found.count == 1, "\(hidden)")
                #expect(found.first?.contains(" ") == false)
            }
        }
    }

    @Test func longPaddingHidesNothing() throws {
        let padding = String(repeating: "A harmless sentence about gardens. ", count: 3000)
        #expect(try matched([rule(.keyword("password"))], padding + "password " + padding) == ["password"])
    }

    @Test func phasesAndRolesDecideWhoReads() throws {
        let set = try RuleSet([rule(.keyword("x1"), phases: [.output], roles: [.assistant, .tool])])
        func count(_ phase: Phase, _ role: Role) -> Int {
            set.matches(in: [TextSegment(path: "/a", role: role, text: "x1")], phase: phase).count
        }
        #expect(count(.output, .assistant) == 1)
        #expect(count(.output, .tool) == 1)
        #expect(count(.output, .user) == 0)
        #expect(count(.input, .assistant) == 0)
    }

    @Test func matchesComeBySegmentThenRuleThenPlace() throws {
        let set = try RuleSet([rule(.keyword("b"), id: "one"), rule(.keyword("a"), id: "two")])
        let segments = ["a b a", "b"].map { TextSegment(path: "/", role: .user, text: $0) }
        #expect(
            set.matches(in: segments, phase: .input) == [
                RuleMatch(ruleID: "one", segment: 0, span: 2..<3), RuleMatch(ruleID: "two", segment: 0, span: 0..<1),
                RuleMatch(ruleID: "two", segment: 0, span: 4..<5), RuleMatch(ruleID: "one", segment: 1, span: 0..<1),
            ]
        )
    }

    @Test func overlappingMatchesOfARuleAreOne() throws {
        let rules = [rule(.keyword("one two"), .keyword("two three"), .regex(pattern: "two", ignoreCase: false))]
        #expect(try matched(rules, "one two three") == ["one two three"])
    }

    /// What stands behind an escape is not what its letters make it, and half an escape is nothing.
    @Test(arguments: [
        (#"{"a":"Hi\nbob@example.com"}"#, "bob@example.com"),
        (#"{"a":"\u003cbob@example.com\u003e"}"#, "bob@example.com"),
        (#"{"a":"Hi\nun."}"#, #"\nun"#), (#"{"a":"ends\/ no."}"#, #"ends\/"#), (#"{"a":"\\nun."}"#, "nun"),
        // The text is no JSON.
        (#"[x] C:\nbob@example.com"#, "nbob@example.com"),
    ]) func matchesInJSONKeepToWholeEscapes(text: String, expected: String) throws {
        let matchers = [#"[a-z0-9]+@example\.com"#, "nun", #"ends\\"#].map {
            Matcher.regex(pattern: $0, ignoreCase: false)
        }
        let rule = Rule(id: "r", category: .privacy, matchers: matchers, action: .block)
        #expect(try matched([rule], text) == [expected])
    }

    @Test func tooManyMatchesCoverTheRestOfTheText() throws {
        for matcher: Matcher in [
            .keyword("a"), .regex(pattern: "a", ignoreCase: false), .regex(pattern: "a.*b|a", ignoreCase: false),
        ] {
            let text = String(repeating: "a ", count: 5000) + "end"
            let set = try RuleSet([rule(matcher)])
            let spans = set.matches(in: [TextSegment(path: "/", role: .user, text: text)], phase: .input).map(\.span)
            #expect(spans.count <= SpanList.limit)
            #expect(spans.last?.upperBound == text.utf8.count)
            #expect(spans.first == 0..<1)
            // No `a` is left outside.
            var covered = Set<Int>()
            for span in spans { covered.formUnion(span) }
            #expect(text.utf8.enumerated().allSatisfy { $1 != UInt8(ascii: "a") || covered.contains($0) })
        }
    }

    @Test func spansAreWholeScalarsOfTheText() throws {
        var random = SeededGenerator(seed: 41)
        let set = try RuleSet([
            rule(.regex(pattern: "[^ ]b.", ignoreCase: true)), rule(.keyword("ab"), id: "k"),
        ])
        for _ in 0..<500 {
            let text = random.text(of: "abB éя😀\u{301}\u{200B}ﬁｂ\u{336}", length: 0...16)
            for match in set.matches(in: [TextSegment(path: "/", role: .user, text: text)], phase: .input) {
                #expect(!match.span.isEmpty && match.span.upperBound <= text.utf8.count)
                #expect(String(validating: Array(text.utf8)[match.span], as: UTF8.self) != nil)
            }
        }
    }

    @Test func thePrefilterLosesNoMatch() throws {
        var generator = PatternGenerator(random: SeededGenerator(seed: 51))
        for _ in 0..<120 {
            let rules = (0..<4).map { number in
                rule(
                    .regex(pattern: generator.pattern(), ignoreCase: Bool.random(using: &generator.random)),
                    .regex(pattern: "abc" + generator.pattern(depth: 1), ignoreCase: true),
                    id: "r\(number)"
                )
            }
            guard let filtered = try? RuleSet(rules), let plain = try? RuleSet(rules, isFiltered: false) else {
                continue
            }
            for _ in 0..<6 {
                let far = String(repeating: "xyz ", count: Int.random(in: 0...40, using: &generator.random))
                let text = generator.text() + far + generator.random.text(of: "abcABC\u{200B}е ", length: 0...12) + far
                let segments = [TextSegment(path: "/", role: .user, text: text)]
                #expect(
                    filtered.matches(in: segments, phase: .input) == plain.matches(in: segments, phase: .input),
                    "\(text.debugDescription)"
                )
            }
        }
    }

    /// Many rules with strings of each other's, on texts that hold some of them in pieces.
    @Test func manyRulesFindWhatEachFindsAlone() throws {
        var random = SeededGenerator(seed: 52)
        let rules = (0..<40).map { number in
            let word = random.text(of: "abc", length: 3...5)
            let matcher: Matcher =
                number % 2 == 0
                ? .keyword(word) : .regex(pattern: "\\b\(word)[ab]?c*\\b", ignoreCase: number % 4 == 1)
            return rule(matcher, id: "r\(number)", phases: number % 3 == 0 ? [.output] : [.input])
        }
        let all = try RuleSet(rules)
        var matched = 0
        for _ in 0..<40 {
            let segments = [
                TextSegment(path: "/", role: .user, text: random.text(of: "abc BC.-\u{200B}", length: 0...60))
            ]
            let alone = try rules.flatMap { try RuleSet([$0]).matches(in: segments, phase: .input) }
            #expect(all.matches(in: segments, phase: .input) == alone)
            matched += alone.count
        }
        #expect(matched > 10)
    }

    @Test func faultyRulesAreNamed() {
        #expect(throws: RuleError.self) { try RuleSet([rule(.keyword("\u{200B} "), id: "empty")]) }
        do {
            _ = try RuleSet([
                rule(.keyword("ok")), rule(.keyword("a"), .regex(pattern: "(", ignoreCase: false), id: "bad"),
            ])
            Issue.record("the rule was accepted")
        } catch {
            #expect(error.ruleID == "bad")
            #expect(error.matcher == 1)
            #expect(error.description.contains("at character 1"))
        }
    }

    @Test func inlineTestsRunBothWays() throws {
        let tested = rule(
            .keyword("secret"),
            phases: [.output],
            roles: [.tool],
            tests: [
                RuleTest(text: "a s\u{200B}ecret", matches: true), RuleTest(text: "secretary", matches: false),
                RuleTest(text: "nothing", matches: true), RuleTest(text: "secret", matches: false),
            ]
        )
        let failures = try RuleSet.runTests(of: tested)
        #expect(failures.map(\.index) == [2, 3])
        #expect(failures[0].description == "rule 'r', test 3: the text was expected to match and did not")
    }

    @Test func onlyWhatPassesTheChecksumMatches() throws {
        let card = rule(.regex(pattern: "\\b\\d{4}(?:[ -]?\\d{4}){3}\\b", ignoreCase: false, checksum: .luhn))
        #expect(try matched([card], "4111 1111 1111 1111 or 4111 1111 1111 1112") == ["4111 1111 1111 1111"])
        // The first sixteen digits fail, and hide the card that begins among them.
        #expect(try matched([card], "no. 1234 4111 1111 1111 1111") == ["4111 1111 1111 1111"])
        #expect(try matched([card], "４１１１ １１１１ １１１１ １１１１").count == 1)
        let pattern = "\\b[A-Z]{2}\\d\\d(?: ?[A-Z0-9]){11,30}"
        let account = rule(.regex(pattern: pattern, ignoreCase: false, checksum: .iban))
        #expect(try matched([account], "to BE68 5390 0754 7034 TODAY") == ["BE68 5390 0754 7034"])
        #expect(try matched([account], "to BE69 5390 0754 7034 TODAY").isEmpty)
    }

    @Test func muchThatFailsAChecksumIsSearchedInBoundedTime() throws {
        let regex = try LinearRegex("1[\\d ]*2|1")
        let bytes = Array(String(repeating: "1 ", count: 20_000).utf8)
        let found = bytes.withUnsafeBufferPointer { regex.matches(in: $0, limit: 9) { _ in nil } }
        #expect(found.spans.isEmpty && found.stop != nil)
        #expect(found.steps <= 2 * LinearRegex.stepBudget * bytes.count * regex.program.instructions.count)
        // What was not searched counts as matched.
        let hostile = rule(.regex(pattern: "1[\\d ]*2|1", ignoreCase: false, checksum: .luhn))
        #expect(try matched([hostile], String(repeating: "1 ", count: 20_000)).count == 1)
    }

    @Test func noRulesNoMatches() throws {
        #expect(try matched([], "anything").isEmpty)
        #expect(try matched([rule()], "anything").isEmpty)
    }

    @Test func eachViewIsAskedForItself() throws {
        let text = "a harbour and aGVyZSBpcyB0aGUgbXVkIHlvdSBhc2tlZCBmb3I="
        let rules = ["mud", "harbour"].map { Rule(id: $0, category: .hate, matchers: [.keyword($0)], action: .log) }
        let views = TextViews(text)
        let found = try RuleSet(rules).rulesByView(of: views, role: .user, phase: .input)
        #expect(found.count == views.views.count)
        #expect(found.first == ["harbour"])
        #expect(found.dropFirst().contains(["mud"]))
        let nobody = try RuleSet(
            rules.map { rule in
                var rule = rule
                rule.roles = [.tool]
                return rule
            }
        )
        let none = nobody.rulesByView(of: views, role: .user, phase: .input)
        #expect(Set(none) == [[]])
    }
}

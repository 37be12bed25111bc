import GuardCore
import Policy
import Rules
import Testing

@testable import Guard

@Suite struct JoinedRulesTests {
    private static func matches(_ segments: [TextSegment], pattern: String) throws -> [RuleMatch] {
        let rule = Rule(
            id: "r",
            category: .privacy,
            matchers: [.regex(pattern: pattern, ignoreCase: false)],
            action: .rewrite
        )
        let rules = try RuleSet([rule])
        return JoinedRules.matches(
            of: rules,
            in: segments,
            turns: TurnText.grouping(segments),
            phase: .input,
            beside: rules.matches(in: segments, phase: .input)
        )
    }

    @Test(arguments: [0, 1, 2, 30])
    func aMatchIsCutAtTheBordersOfTheParts(before: Int) throws {
        let texts = Array(repeating: "some words", count: before) + ["sum 12", "34", "56 due", "so be it"]
        let segments = texts.enumerated().map { number, text in
            TextSegment(path: "/messages/0/content/\(number)/text", role: .user, turn: 0, text: text)
        }
        #expect(
            try Self.matches(segments, pattern: #"12\s34\s56"#) == [
                RuleMatch(ruleID: "r", segment: before, span: 4..<6),
                RuleMatch(ruleID: "r", segment: before + 1, span: 0..<2),
                RuleMatch(ruleID: "r", segment: before + 2, span: 0..<2),
            ]
        )
    }

    /// There are more matches than are told one by one, so that the last reaches over all parts behind it, in every join.
    @Test func aMatchIsToldOnceHoweverThePartsAreJoined() throws {
        let values = (0..<300).map { number in
            TextSegment(path: "/tools/0/parameters/enum/\(number)", role: .context, text: "ann@example.org")
        }
        let description = TextSegment(path: "/tools/0/description", role: .context, text: "Writes to one of these.")
        let matches = try Self.matches([description] + values, pattern: #"[a-z]+@example\.org"#)
        #expect(matches.count > 1)
        #expect(matches.last?.segment == values.count)
        #expect(Set(matches).count == matches.count)
    }

    /// A match for each part that the last one reaches over would take hundreds of times the memory of the parts.
    @Test func ofVeryManyPartsThatAMatchReachesOverMostAreToldTogether() throws {
        let texts = Array(repeating: "ann@example.org", count: 300) + Array(repeating: "a", count: 3_000)
        let segments = texts.enumerated().map { number, text in
            TextSegment(path: "/x/\(number)", role: .user, turn: 0, text: text)
        }
        let matches = try Self.matches(segments, pattern: #"[a-z]+@example\.org"#)
        #expect(matches.count <= 3 * JoinedRules.mostPieces)
        let told = matches.reduce(into: Set(matches.map(\.segment))) { $0.formUnion($1.covered) }
        #expect(told.isSuperset(of: 300..<segments.count))
    }
}

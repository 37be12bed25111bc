import GuardCore
import Policy
import Rules
import Testing

@testable import Guard

@Suite struct TextEditsTests {
    /// What a rule for addresses and card numbers makes of what a tool is called with.
    private static func inspection(_ text: String, _ rewrite: RewriteMethod) throws -> Inspection {
        let rule = Rule(
            id: "r",
            category: .privacy,
            matchers: [#"[a-z0-9]+@example\.com"#, "[0-9]{16}"].map {
                Matcher.regex(pattern: $0, ignoreCase: false)
            },
            action: .rewrite,
            rewrite: rewrite
        )
        let policy = Policy(name: "test", rules: [rule])
        let segments = [TextSegment(path: "/arguments", role: .tool, text: text)]
        let matches = try RuleSet(policy.rules).matches(in: segments, phase: .input)
        let decision = policy.decide(phase: .input, segments: segments, assessments: [], matches: matches)
        return Inspection(phase: .input, decision: decision, segments: segments)
    }

    @Test(arguments: [
        (#"{"body":"Hi\nbob@example.com"}"#, #"{"body":"Hi\n[x]"}"#),
        (#"{"body":"\u003cbob@example.com\u003e"}"#, #"{"body":"\u003c[x]\u003e"}"#),
        (#"{"card":4111111111111111}"#, #"{"card":"[x]"}"#),
        (#"{"card":"4111111111111111"}"#, #"{"card":"[x]"}"#),
        ("[see] bob@example.com", "[see] [x]"), ("bob@example.com", "[x]"),
    ]) func whatAToolIsCalledWithStaysJSON(text: String, expected: String) throws {
        let edits = try Self.inspection(text, .redact(placeholder: "[x]")).edits
        #expect(edits.replacements == ["/arguments": expected])
    }

    @Test func nothingOfAnEscapeIsMasked() throws {
        let inspection = try Self.inspection(#"{"body":"Hi\nbob@example.com"}"#, .mask(label: "[email]"))
        #expect(inspection.edits.replacements == ["/arguments": #"{"body":"Hi\n[email-1]"}"#])
        #expect(
            inspection.decision.restorations == [.init(placeholder: "[email-1]", original: "bob@example.com")]
        )
    }

    @Test func nothingIsEditedThatIsNoRewrite() throws {
        var inspection = try Self.inspection("bob@example.com", .redact(placeholder: "[x]"))
        inspection.decision.isShadow = true
        #expect(inspection.edits.isEmpty)
    }
}

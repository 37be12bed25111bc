import Guard
import GuardCore
import Policy
import PolicyLanguage

/// What `guardian policy test` found: texts are named by their places and never repeated.
struct PolicyTestReport: Encodable {
    var policy: String
    var digest: String
    var passed: Bool { cases.allSatisfy(\.passed) && corpora.allSatisfy(\.passed) }
    /// Tests that stand beside the rules; had one failed, nothing else would have run.
    var ruleTests: Int
    var cases: [CaseResult] = []
    var corpora: [CorpusResult] = []

    init(policy: Policy) {
        self.policy = policy.name
        digest = policy.digest
        ruleTests = policy.rules.map(\.tests.count).reduce(0, +)
    }

    struct CaseResult: Encodable {
        var file: String
        var line: Int
        var column: Int
        var id: String
        var passed: Bool
        var action: String
        var failures: [String]
        var reasons: [String]

        init(file: String, place: SourceMark, item: PolicyCase, outcome: PolicyTrial.Outcome) {
            self.file = file
            line = place.line
            column = place.column
            id = item.id
            passed = outcome.isPassed
            action = outcome.action.word
            failures = outcome.failures
            reasons = outcome.findings.map(\.reason)
        }
    }

    struct CorpusResult: Encodable {
        var file: String
        var texts: Int
        var limit: Int
        /// The weakest action that counts.
        var counts: String
        var passed: Bool
        var decisions: [Decided]

        init(corpus: BenignCorpus, read: Int, decisions: [Decided]) {
            file = corpus.file
            texts = read
            limit = corpus.limit
            counts = corpus.action.rawValue
            passed = decisions.count <= corpus.limit
            self.decisions = decisions
        }
    }

    /// A harmless text that something was decided about.
    struct Decided: Encodable {
        var line: Int
        var action: String
        var reasons: [String]

        init(line: Int, outcome: PolicyTrial.Outcome) {
            self.line = line
            action = outcome.action.word
            reasons = outcome.findings.map(\.reason)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case policy, digest, passed, cases, corpora
        case ruleTests = "rule_tests"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(policy, forKey: .policy)
        try container.encode(digest, forKey: .digest)
        try container.encode(passed, forKey: .passed)
        try container.encode(ruleTests, forKey: .ruleTests)
        try container.encode(cases, forKey: .cases)
        try container.encode(corpora, forKey: .corpora)
    }
}

extension PolicyTestReport: CustomStringConvertible {
    /// Decisions of a corpus that are shown; `--json` has all.
    private static let shown = 20

    var description: String {
        var lines: [String] = []
        for result in cases where !result.passed {
            let name = result.id.isEmpty ? "" : " \(result.id)"
            lines.append("FAIL \(result.file):\(result.line):\(result.column)\(name)")
            lines += (result.failures + result.reasons.map { "found: \($0)" }).map { "  \($0)" }
        }
        for result in corpora {
            lines.append(
                "\(result.passed ? "ok  " : "FAIL") \(result.file): \(result.decisions.count) of \(result.texts) texts decided about, "
                    + "at most \(result.limit) allowed (\(result.counts) or stricter)"
            )
            lines += result.decisions.prefix(Self.shown).map {
                "  line \($0.line): \($0.action): \($0.reasons.joined(separator: "; "))"
            }
            if result.decisions.count > Self.shown { lines.append("  and \(result.decisions.count - Self.shown) more") }
        }
        let failed = cases.count { !$0.passed }
        lines.append(
            "\(passed ? "passed" : "FAILED"): policy \(policy), \(ruleTests) tests of rules, "
                + "\(cases.count) cases (\(failed) failed), \(corpora.count) corpora (\(corpora.count { !$0.passed }) failed)"
        )
        return lines.joined(separator: "\n")
    }
}

import Foundation
import Policy
import PolicyLanguage
import Rules
import Testing

/// The files in `Policies/rules/`.
@Suite struct RulePackTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Policies/rules")

    private static let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? []

    private func rules(_ name: String) throws -> [Rule] {
        let text = "version: 1\nname: all\ninclude: [\(name)]\ninput: {others: ignore}\noutput: {others: ignore}\n"
        let loader = PolicyLoader { RegexSyntax.check(pattern: $0, ignoreCase: $1) }
        return try loader.load(text: text, file: Self.folder.appending(path: "policy.yaml").path).rules
    }

    @Test func thereArePacks() { #expect(Self.names.contains("secrets.yaml")) }

    @Test(arguments: names)
    func everyRuleIsTaggedExplainedAndTestedBothWays(name: String) throws {
        let rules = try rules(name)
        #expect(!rules.isEmpty)
        for rule in rules {
            #expect(!rule.summary.isEmpty, "\(rule.id)")
            #expect(!rule.tags.isEmpty, "\(rule.id)")
            #expect(Set(rule.tests.map(\.matches)) == [true, false], "\(rule.id)")
            #expect(try RuleSet.runTests(of: rule).map(\.description) == [], "\(rule.id)")
        }
    }

    @Test func secretsOfAtLeastFortyServicesAreKnown() throws { #expect(try rules("secrets.yaml").count >= 40) }

    @Test func allKindsOfPersonalDataAreKnownAndTenCountriesNumbersAreChecked() throws {
        let rules = try rules("pii.yaml")
        let kinds = ["email", "phone", "payment-card", "iban", "ip-address", "postal-address"]
        #expect(Set(rules.map(\.id)).isSuperset(of: kinds.map { "pii.\($0)" }))
        let national = rules.filter { $0.tags.contains("national-id") }
        let checked = national.filter { rule in
            rule.matchers.allSatisfy { if case .regex(_, _, .some) = $0 { true } else { false } }
        }
        #expect(checked.count >= 10)
    }
}

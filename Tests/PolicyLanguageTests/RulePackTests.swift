import Foundation
import GuardCore
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

    /// A text without what one rule of a pack finds in it.
    private func rest(of text: String, without id: String, in pack: String) throws -> String {
        let rule = try #require(try rules(pack).first { $0.id == id })
        let segment = TextSegment(path: "/messages/0/content", role: .user, text: text)
        var bytes = Array(text.utf8)
        for match in try RuleSet([rule]).matches(in: [segment], phase: .input).reversed() {
            bytes.removeSubrange(match.span)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        #"-----BEGIN EXAMPLE ONLY PRIVATE KEY-----\nTm90QUtleQ==\n-----END EXAMPLE ONLY PRIVATE KEY-----"#,
        #"-----BEGIN EXAMPLE ONLY PRIVATE KEY-----\\nTm90QUtleQ==\\n-----END EXAMPLE ONLY PRIVATE KEY-----"#,
        "-----BEGIN EXAMPLE ONLY PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nTm90QUtleQ==\n"
            + "-----END EXAMPLE ONLY PRIVATE KEY-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: example\n\nTm90QUtleQ==\n=AAAA\n"
            + "-----END PGP PRIVATE KEY BLOCK-----",
    ]) func nothingOfAPrivateKeyIsLeft(key: String) throws {
        let text = "Use {\"private_key\": \"\(key)\"}, please."
        let rest = try rest(of: text, without: "secret.private-key", in: "secrets.yaml")
        #expect(rest == "Use {\"private_key\": \"\"}, please.")
    }

    @Test func nothingOfALongWebTokenIsLeft() throws {
        let payload = String(repeating: "0123456789abcdefghijklmnopqrstuvwxyz", count: 200)
        let text = "Bearer eyJhbGciOiJIUzI1NiJ9.eyJ\(payload).\(payload) is mine"
        #expect(try rest(of: text, without: "secret.json-web-token", in: "secrets.yaml") == "Bearer  is mine")
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

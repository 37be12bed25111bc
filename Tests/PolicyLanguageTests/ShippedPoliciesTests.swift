import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Rules
import Testing

/// The files in `Policies/`.
@Suite struct ShippedPoliciesTests {
    private static let names = ["default", "permissive", "shadow", "strict"]

    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Policies")

    private func load(_ name: String) throws -> Policy {
        let loader = PolicyLoader { RegexSyntax.check(pattern: $0, ignoreCase: $1) }
        return try loader.load(path: Self.folder.appending(path: "\(name).yaml").path)
    }

    @Test func noneIsForgottenHere() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.filter { $0.hasSuffix(".yaml") }.sorted() == Self.names.map { "\($0).yaml" })
    }

    @Test(arguments: names)
    func loadsAndIsNamedLikeItsFile(name: String) throws {
        #expect(try load(name).name == name)
    }

    @Test(arguments: names)
    func everyRuleSaysWhyItExistsAndHasTestsBothWays(name: String) throws {
        for rule in try load(name).rules {
            #expect(!rule.summary.isEmpty, "\(rule.id)")
            #expect(Set(rule.tests.map(\.matches)) == [true, false], "\(rule.id)")
        }
    }

    @Test(arguments: names)
    func everyRulePassesItsOwnTests(name: String) throws {
        for rule in try load(name).rules {
            #expect(try RuleSet.runTests(of: rule).map(\.description) == [], "\(rule.id)")
        }
    }

    @Test func shadowDiffersFromDefaultInItsModeOnly() throws {
        var shadow = try load("shadow")
        let enforced = try load("default")
        #expect(shadow.mode == .shadow)
        #expect(enforced.mode == .enforce)
        (shadow.mode, shadow.name, shadow.digest) = (enforced.mode, enforced.name, enforced.digest)
        #expect(shadow == enforced)
    }

    @Test func strictNeverLetsPassWhatDefaultStops() throws {
        let (strict, enforced) = (try load("strict"), try load("default"))
        for phase in Phase.allCases {
            for (category, usual) in enforced[phase].categories {
                let entry = try #require(strict[phase].categories[category])
                #expect(entry.threshold <= usual.threshold, "\(phase) \(category)")
                #expect(entry.action >= usual.action, "\(phase) \(category)")
            }
        }
    }

    @Test func permissiveStopsNothingThatDefaultLetsPass() throws {
        let (permissive, enforced) = (try load("permissive"), try load("default"))
        for phase in Phase.allCases {
            for (category, entry) in permissive[phase].categories {
                let usual = try #require(enforced[phase].categories[category])
                #expect(entry.threshold >= usual.threshold, "\(phase) \(category)")
                #expect(entry.action <= usual.action, "\(phase) \(category)")
            }
        }
    }
}

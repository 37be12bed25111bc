import Foundation
import GuardCore
import Policy
import Testing

@testable import PolicyLanguage

/// `Policies/README.md` against the code.
@Suite struct PolicyKeysTests {
    private let readme: String

    init() throws {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Policies/README.md")
        readme = try String(contentsOf: file, encoding: .utf8)
    }

    @Test(arguments: [
        PolicyKeys.policy, PolicyKeys.phase, PolicyKeys.category, PolicyKeys.response, PolicyKeys.rewrite,
        PolicyKeys.rule, PolicyKeys.match, PolicyKeys.stream, PolicyKeys.regex, PolicyKeys.tests,
        PolicyKeys.pack, PolicyKeys.inclusion, PolicyKeys.override, PolicyKeys.when, PolicyKeys.then,
        PolicyKeys.exclude, PolicyKeys.keyword, PolicyKeys.anomaly, Severity.allCases.map(\.rawValue), CaseKeys.file,
        CaseKeys.testCase, CaseKeys.expectation, CaseKeys.corpus,
        Checksum.allCases.map(\.rawValue),
        HarmCategory.allCases.map(\.rawValue),
        Role.allCases.map(\.rawValue), Phase.allCases.map(\.rawValue), Action.allCases.map(\.rawValue),
    ])
    func everyKeyAndWordIsDocumented(words: [String]) {
        for word in words {
            #expect(readme.contains("`\(word)`") || readme.contains("`{\(word): \"...\"}`"), "\(word)")
        }
    }

    @Test func theTablesNameNoKeyThatDoesNotExist() {
        let known = Set(
            PolicyKeys.policy + PolicyKeys.stream + PolicyKeys.phase + PolicyKeys.category + PolicyKeys.rule
        )
        let rows = readme.matches(of: /(?m)^\| `([a-z_]+)` \|/).map { String($0.output.1) }
        #expect(rows.count >= known.count)
        #expect(Set(rows) == known)
    }

    @Test func theExampleLoads() throws {
        let example = try #require(readme.firstMatch(of: /```yaml\n((?s).*?)```/))
        let policy = try loader.load(text: String(example.output.1), file: "README.md")
        #expect(policy.name == "helpdesk")
        #expect(policy.rules.count == 1)
    }
}

import GuardCore
import Policy
import PolicyLanguage
import Testing

@Suite struct CaseDecoderTests {
    private func errors(in text: String) -> [String] {
        do throws(PolicyError) {
            _ = try CaseFile.load(text: text, file: "cases.yaml")
            return []
        } catch {
            return error.diagnostics.map { "\($0.mark.map { "\($0.line):\($0.column): " } ?? "")\($0.message)" }
        }
    }

    @Test func aFileWithEverythingIsReadAsWritten() throws {
        let file = try CaseFile.load(
            text: """
                version: 1
                cases:
                  - id: asks
                    text: hello
                    expect: allow
                  - text: mine is KD-123456
                    phase: output
                    role: tool
                    expect: {action: rewrite, categories: [privacy], rules: [pii.customer], text: "mine is [customer]"}
                corpora:
                  - {file: benign.txt, at_most: 3}
                  - {file: answers.jsonl, phase: output, lines: 1000, at_most: 0, action: block}
                """,
            file: "cases.yaml"
        )
        #expect(
            file.cases.map(\.value) == [
                PolicyCase(id: "asks", text: "hello", expectation: .init(action: nil)),
                PolicyCase(
                    phase: .output,
                    role: .tool,
                    text: "mine is KD-123456",
                    expectation: .init(
                        action: .rewrite,
                        categories: [.privacy],
                        rules: ["pii.customer"],
                        text: "mine is [customer]"
                    )
                ),
            ]
        )
        #expect(file.cases.map(\.place) == [.init(line: 3, column: 5), .init(line: 6, column: 5)])
        #expect(
            file.corpora.map(\.value) == [
                BenignCorpus(file: "benign.txt", limit: 3),
                BenignCorpus(file: "answers.jsonl", phase: .output, lines: 1000, limit: 0, action: .block),
            ]
        )
    }

    @Test(arguments: [
        ("version: 1", ["1:1: the file tests nothing"]),
        ("cases: [{text: a, expect: allow}]", ["1:1: a file of cases has no 'version'"]),
        ("version: 2\ncases: [{text: a, expect: allow}]", ["1:10: version must be 1, not '2'"]),
        ("version: 1\ncases: []", ["2:8: 'cases' is empty"]),
        ("version: 1\ncases: [{text: a}]", ["2:9: a case has no 'expect'"]),
        ("version: 1\ncases: [{text: a, expect: deny}]", ["2:27: unknown expect 'deny'"]),
        ("version: 1\ncases: [{text: a, expect: {rules: [b]}}]", ["2:27: 'expect' has no 'action'"]),
        (
            "version: 1\ncases: [{text: a, expects: allow}]",
            ["2:19: unknown key 'expects' in a case", "2:9: a case has no 'expect'"]
        ),
        (
            "version: 1\ncases: [{text: a, expect: {action: block, text: b}}]",
            ["2:49: 'text' has no effect: a block forwards nothing"]
        ),
        (
            "version: 1\ncases: [{id: x, text: a, expect: log}, {id: x, text: b, expect: log}]",
            ["2:40: the case id 'x' is taken"]
        ),
        ("version: 1\ncorpora: [{file: a}]", ["2:11: a corpus has no 'at_most'"]),
        (
            #"{version: 1, corpora: [{file: "a\0b", at_most: 1}]}"#,
            ["1:31: file must not hold a null character"]
        ),
        (
            "version: 1\ncorpora: [{file: a, at_most: -1, lines: 0, action: allow}]",
            [
                "2:30: at_most must be a whole number from 0 to 2147483647, not '-1'",
                "2:41: lines must be a whole number from 1 to 2147483647, not '0'", "2:52: unknown action 'allow'",
            ]
        ),
    ])
    func whatIsWrongIsToldWithItsPlace(text: String, expected: [String]) {
        #expect(Set(errors(in: text)) == Set(expected))
    }
}

import PolicyLanguage
import Testing

@testable import Gateway

@Suite struct CallerKeysTests {
    static let hash = String(repeating: "0a", count: 32)

    private func keys(_ text: String) throws -> CallerKeys {
        try CallerKeys.decode(YAMLText(bytes: Array(text.utf8), file: "keys.yaml"))
    }

    @Test func aKeyHasATenantAndLimitsOfItsOwn() throws {
        let read = try keys(
            """
            version: 1
            keys:
              - {name: bot, sha256: "\(Self.hash)", tenant: blue, requests_per_minute: 60, tokens_per_minute: 1000}
            """
        )
        let limits = CallerLimits(requestsPerMinute: 60, tokensPerMinute: 1000)
        #expect(read.callers == [Self.hash: Caller(name: "bot", tenant: "blue", limits: limits)])
    }

    @Test(arguments: [
        ("version: 2\nkeys: []", "version must be 1"), ("keys: []", "'version'"), ("version: 1", "'keys'"),
        ("version: 1\nkeys: [{name: a}]", "'sha256'"), ("version: 1\nkeys: [{name: a, sha256: abc}]", "64 lower-case"),
        ("version: 1\nkeys: [{name: a, sha256: \"\(String(repeating: "0A", count: 32))\"}]", "64 lower-case"),
        ("version: 1\nkeys: [{name: a, sha256: \"\(hash)\"}, {name: b, sha256: \"\(hash)\"}]", "the same key"),
        (
            "version: 1\nkeys: [{name: a, sha256: \"\(hash)\"}, {name: a, sha256: \"1\(hash.dropFirst())\"}]",
            "given twice"
        ),
        ("version: 1\nkeys: [{name: a, sha256: \"\(hash)\", tokens_per_minute: 0}]", "tokens_per_minute must be"),
        ("version: 1\nkeys: [{name: a, sha256: \"\(hash)\", tennant: b}]", "unknown key 'tennant'"), ("[]", "mapping"),
    ]) func aMistakeIsSaid(text: String, words: String) {
        let error = #expect(throws: PolicyError.self) { try keys(text) }
        #expect(error.map { "\($0)" }?.contains(words) == true)
    }
}

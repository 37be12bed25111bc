import Policy
import Testing

@testable import PolicyLanguage

@Suite struct StreamPolicyTests {
    private func load(_ stream: String) throws -> Policy {
        let text = "version: 1\nname: n\ninput: ignore\noutput: {others: {threshold: 0.5, action: log}}\n" + stream
        return try loader.load(text: text, file: "p.yaml")
    }

    @Test func whatIsLeftOutHasItsDefault() throws {
        #expect(try load("").stream == StreamPolicy(mode: .window, holdBack: HoldBack(tokens: 24, bytes: 4096)))
        #expect(try load("stream: {mode: full}").stream.mode == .full)
        #expect(try load("stream: {mode: observe}").stream.mode == .observe)
    }

    @Test func theBoundsAreRead() throws {
        let stream = try load("stream: {tokens: 2, milliseconds: 60000, bytes: 64}").stream
        #expect(stream.holdBack == HoldBack(tokens: 2, delay: .seconds(60), bytes: 64))
    }

    @Test(arguments: [
        "{tokens: 1}", "{tokens: 4097}", "{tokens: '24'}", "{tokens: 2.5}", "{tokens: []}", "{milliseconds: 0}",
        "{milliseconds: -1}", "{bytes: 63}", "{bytes: 99999999999999999999}", "{mode: windows}", "{token: 3}", "full",
        "{mode: full, tokens: 24}",
    ])
    func aWrongValueIsRefused(stream: String) {
        #expect(throws: PolicyError.self) { try load("stream: \(stream)") }
    }
}

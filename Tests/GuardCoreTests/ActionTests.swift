import GuardCore
import Testing

@Suite struct ActionTests {
    @Test func `the strictest action is the greatest`() {
        #expect([Action.rewrite, .log, .block].max() == .block)
        #expect([Action.log, .rewrite].max() == .rewrite)
    }
}

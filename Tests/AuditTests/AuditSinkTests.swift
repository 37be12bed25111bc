import Testing

@testable import Audit

@Suite struct AuditSinkTests {
    @Test func overflowIsConfiguredByTheseWords() {
        #expect(AuditOverflow.allCases.map(\.rawValue) == ["drop", "refuse"])
    }
}

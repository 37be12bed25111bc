import NIOHTTP1
import Testing

@testable import Upstream

@Suite struct RetryRuleTests {
    @Test(arguments: UpstreamError.Code.allCases)
    func `a request that may have been acted upon is not sent again`(code: UpstreamError.Code) {
        #expect(!RetryRule.allows(code, .sent, method: .POST, isReplayable: true))
    }

    @Test func `a request that was never sent may be, whatever it is`() {
        for code in [UpstreamError.Code.connectRefused, .connectTimeout, .unreachable, .tlsFailed, .closedEarly] {
            #expect(RetryRule.allows(code, .unsent, method: .POST, isReplayable: true))
            #expect(!RetryRule.allows(code, .unsent, method: .POST, isReplayable: false))
        }
    }

    @Test func `a method that changes nothing may be sent again when the connection broke`() {
        for method in [HTTPMethod.GET, .HEAD, .OPTIONS] {
            #expect(RetryRule.allows(.closedEarly, .sent, method: method, isReplayable: true))
            #expect(!RetryRule.allows(.firstByteTimeout, .sent, method: method, isReplayable: true))
        }
    }
}

@Suite struct RetryBudgetTests {
    @Test func `retries are a share of the exchanges, and ten beside`() {
        var budget = RetryBudget(share: 0.2)
        var taken = 0
        for _ in 0..<1000 {
            budget.exchangeBegan()
            if budget.take() { taken += 1 }
        }
        #expect((200...211).contains(taken))
    }

    @Test func `what is not used does not pile up`() {
        var budget = RetryBudget(share: 0.5)
        for _ in 0..<1000 { budget.exchangeBegan() }
        #expect((0..<100).count { _ in budget.take() } == 10)
    }
}

import ChatAPI
import Testing

@testable import Gateway

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now
    private let limits = CallerLimits(requestsPerMinute: 2, tokensPerMinute: 600)

    @Test func oneRequestTooManyIsRefusedUntilItsTime() {
        let limiter = RateLimiter()
        for left in [1, 0] {
            let admission = limiter.admit("a", limits: limits, tokens: 10, at: start)
            #expect(admission.refusal == nil)
            #expect(admission.statuses.first?.remaining == left)
        }
        let refused = limiter.admit("a", limits: limits, tokens: 10, at: start)
        #expect(refused.refusal == .init(kind: .requests, wait: .seconds(30)))
        #expect(limiter.admit("b", limits: limits, tokens: 10, at: start).refusal == nil)
        #expect(limiter.admit("a", limits: limits, tokens: 10, at: start + .seconds(30)).refusal == nil)
    }

    @Test func tokensAreSettledByWhatWasUsed() {
        let limiter = RateLimiter()
        #expect(limiter.admit("a", limits: limits, tokens: 100, at: start).refusal == nil)
        limiter.settle("a", taken: 100, used: 590)
        let refused = limiter.admit("a", limits: limits, tokens: 20, at: start)
        #expect(refused.refusal == .init(kind: .tokens, wait: .seconds(1)))
        #expect(refused.statuses.map(\.remaining) == [1, 10])
    }

    @Test func aRefusedRequestTakesNothing() {
        let limiter = RateLimiter()
        limiter.settle("a", taken: 0, used: 0)
        #expect(limiter.admit("a", limits: limits, tokens: 600, at: start).refusal == nil)
        for _ in 0..<5 { #expect(limiter.admit("a", limits: limits, tokens: 1, at: start).refusal?.kind == .tokens) }
        #expect(limiter.admit("a", limits: limits, tokens: 1, at: start + .seconds(1)).refusal == nil)
    }

    @Test func withoutLimitsNothingIsCounted() {
        let limiter = RateLimiter()
        for _ in 0..<100 {
            #expect(limiter.admit("a", limits: CallerLimits(), tokens: 1_000_000, at: start).statuses.isEmpty)
        }
    }

    @Test func aLimitThatHasChangedBeginsAnew() {
        let limiter = RateLimiter()
        let one = CallerLimits(requestsPerMinute: 1)
        #expect(limiter.admit("a", limits: one, tokens: 0, at: start).refusal == nil)
        #expect(limiter.admit("a", limits: one, tokens: 0, at: start).refusal != nil)
        #expect(limiter.admit("a", limits: limits, tokens: 0, at: start).refusal == nil)
    }
}

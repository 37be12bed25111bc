import NIOCore
import Testing

@testable import Upstream

@Suite struct CircuitBreakerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    /// Holds it, since what is expected must not change what it is expected of.
    private final class Held {
        private var breaker: CircuitBreaker

        init(_ failures: Int?) { self.breaker = CircuitBreaker(.init(failures: failures, time: .seconds(2))) }

        func admits(at time: NIODeadline) -> Bool { self.breaker.admits(at: time) }
        func failed(at time: NIODeadline) -> Bool { self.breaker.failed(at: time) }
        func succeeded() { self.breaker.succeeded() }
    }

    private func breaker(_ failures: Int? = 3) -> Held { Held(failures) }

    @Test func failuresInARowOpenIt() {
        let breaker = self.breaker()
        #expect(!breaker.failed(at: self.start))
        #expect(!breaker.failed(at: self.start))
        #expect(breaker.admits(at: self.start))
        #expect(breaker.failed(at: self.start))
        #expect(!breaker.admits(at: self.start + .milliseconds(1999)))
    }

    @Test func oneAnswerBetweenThemKeepsItClosed() {
        let breaker = self.breaker()
        for _ in 0..<20 {
            #expect(!breaker.failed(at: self.start))
            #expect(!breaker.failed(at: self.start))
            breaker.succeeded()
        }
        #expect(breaker.admits(at: self.start))
    }

    @Test func afterItsTimeOneExchangeFindsOut() {
        let breaker = self.breaker(1)
        #expect(breaker.failed(at: self.start))
        let later = self.start + .seconds(2)
        #expect(breaker.admits(at: later))
        #expect(!breaker.admits(at: later))
        #expect(breaker.failed(at: later))
        #expect(!breaker.admits(at: later + .seconds(1)))
        #expect(breaker.admits(at: later + .seconds(2)))
        breaker.succeeded()
        #expect(breaker.admits(at: later + .seconds(2)))
        #expect(breaker.admits(at: later + .seconds(2)))
    }

    @Test func oneThatNeverTellsIsNotWaitedForForEver() {
        let breaker = self.breaker(1)
        #expect(breaker.failed(at: self.start))
        #expect(breaker.admits(at: self.start + .seconds(2)))
        #expect(breaker.admits(at: self.start + .seconds(4)))
    }

    @Test func withoutANumberItNeverOpens() {
        let breaker = self.breaker(nil)
        for _ in 0..<1000 { #expect(!breaker.failed(at: self.start)) }
        #expect(breaker.admits(at: self.start))
    }

    @Test func lateFailuresDoNotKeepItOpen() {
        let breaker = self.breaker(1)
        #expect(breaker.failed(at: self.start))
        #expect(!breaker.failed(at: self.start + .seconds(1)))
        #expect(breaker.admits(at: self.start + .seconds(2)))
    }
}

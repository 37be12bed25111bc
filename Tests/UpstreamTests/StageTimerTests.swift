import NIOCore
import NIOEmbedded
import Testing

@testable import Upstream

/// The timer reads the real clock, so these wait for short times and let the loop run what is due.
@Suite struct StageTimerTests {
    private enum Stage: UInt8 { case first, second }

    private final class Log {
        var expired: [String] = []
    }

    private func timer(_ loop: EmbeddedEventLoop) -> (StageTimer, Log) {
        let timer = StageTimer(eventLoop: loop)
        let log = Log()
        timer.onExpiry = { expiry in
            switch expiry {
            case .stage(let code): log.expired.append(Stage(rawValue: code).map { "\($0)" } ?? "?")
            case .total: log.expired.append("total")
            }
        }
        return (timer, log)
    }

    private func pass(_ loop: EmbeddedEventLoop) {
        loop.advanceTime(to: .now())
    }

    private func sleep(milliseconds: Int64) {
        let end = NIODeadline.now() + .milliseconds(milliseconds)
        while NIODeadline.now() < end {}
    }

    @Test func aStageExpiresOnceAndAClearedOneNever() {
        let loop = EmbeddedEventLoop()
        self.pass(loop)
        let (timer, log) = self.timer(loop)
        timer.stage(Stage.first, in: .milliseconds(5))
        self.sleep(milliseconds: 6)
        self.pass(loop)
        self.pass(loop)
        #expect(log.expired == ["first"])
        timer.stage(Stage.second, in: .milliseconds(5))
        timer.clearStage()
        self.sleep(milliseconds: 6)
        self.pass(loop)
        #expect(log.expired == ["first"])
    }

    @Test func aStageThatMovesBackExpiresLaterAndOneThatMovesForwardEarlier() {
        let loop = EmbeddedEventLoop()
        self.pass(loop)
        let (timer, log) = self.timer(loop)
        timer.stage(Stage.first, in: .milliseconds(5))
        timer.stage(Stage.second, in: .hours(1))
        self.sleep(milliseconds: 6)
        self.pass(loop)
        #expect(log.expired.isEmpty)
        timer.stage(Stage.first, in: .milliseconds(5))
        self.sleep(milliseconds: 6)
        self.pass(loop)
        #expect(log.expired == ["first"])
    }

    @Test func theWholeExpiresWhateverTheStagesDo() {
        let loop = EmbeddedEventLoop()
        self.pass(loop)
        let (timer, log) = self.timer(loop)
        timer.total(in: .milliseconds(5))
        timer.stage(Stage.first, in: .hours(1))
        self.sleep(milliseconds: 6)
        self.pass(loop)
        #expect(log.expired == ["total"])
    }

    @Test func aStageIsKnownToHaveBegunWhenItWasStartedHoweverLateItExpires() {
        let loop = EmbeddedEventLoop()
        self.pass(loop)
        let (timer, log) = self.timer(loop)
        let start = NIODeadline.now()
        timer.stage(Stage.first, in: .milliseconds(1))
        let end = NIODeadline.now()
        self.sleep(milliseconds: 20)
        self.pass(loop)
        #expect(log.expired == ["first"])
        #expect((start...end).contains(timer.stageBegan))
    }

    @Test func aStoppedTimerIsSilent() {
        let loop = EmbeddedEventLoop()
        self.pass(loop)
        let (timer, log) = self.timer(loop)
        timer.stage(Stage.first, in: .milliseconds(5))
        timer.stop()
        self.sleep(milliseconds: 6)
        self.pass(loop)
        #expect(log.expired.isEmpty)
    }
}

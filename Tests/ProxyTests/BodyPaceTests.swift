import NIOCore
import Testing

@testable import Proxy

@Suite struct BodyPaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test func `a client that keeps the rate may go on for ever`() {
        var pace = BodyPace(grace: .seconds(10), rate: 100, time: .hours(1))
        for second in 0..<1000 {
            let now = self.start + .seconds(Int64(second))
            #expect(pace.wait(at: now) == .seconds(10))
            pace.receive(bytes: 100, at: now + .seconds(1))
        }
    }

    @Test func `a client below the rate uses up its grace`() {
        var pace = BodyPace(grace: .seconds(10), rate: 100, time: .hours(1))
        var now = self.start
        for behind in 0..<20 {
            #expect(pace.wait(at: now) == .milliseconds(Int64(10_000 - behind * 500)))
            now = now + .seconds(1)
            pace.receive(bytes: 50, at: now)
        }
        #expect(pace.wait(at: now) == .seconds(0))
    }

    @Test func `time in which nobody waited for the client does not count`() {
        var pace = BodyPace(grace: .seconds(10), rate: 100, time: .hours(1))
        _ = pace.wait(at: self.start)
        pace.receive(bytes: 0, at: self.start + .seconds(3))
        #expect(pace.wait(at: self.start + .seconds(500)) == .seconds(7))
        // Asked again while it waits, it goes on from where it was.
        #expect(pace.wait(at: self.start + .seconds(502)) == .seconds(5))
        pace.receive(bytes: 0, at: self.start + .seconds(504))
        #expect(pace.wait(at: self.start + .seconds(504)) == .seconds(3))
    }

    @Test func `no rate is enough for longer than a body may take`() {
        var pace = BodyPace(grace: .seconds(10), rate: 100, time: .seconds(60))
        for second in 0..<60 {
            let now = self.start + .seconds(Int64(second))
            #expect(pace.wait(at: now) > .seconds(0))
            pace.receive(bytes: 1000, at: now + .seconds(1))
        }
        #expect(pace.wait(at: self.start + .seconds(60)) == .seconds(0))
    }

    @Test func `numbers at the edge do not trap`() {
        var pace = BodyPace(grace: .hours(24), rate: 0, time: .hours(100))
        pace.receive(bytes: .max, at: self.start)
        #expect(pace.wait(at: self.start) > .hours(24))
    }
}

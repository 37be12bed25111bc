import NIOCore
import Testing

@testable import Upstream

@Suite struct ServerHealthTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let settings = ServerHealth.Settings()

    private func fail(_ health: inout ServerHealth, _ times: Int, at now: NIODeadline) -> Bool {
        var isEjected = false
        for _ in 0..<times { isEjected = health.failed(at: now, self.settings, mayEject: true) || isEjected }
        return isEjected
    }

    @Test func `failures in a row eject, scattered ones do not`() {
        var health = ServerHealth()
        for _ in 0..<10 {
            #expect(!self.fail(&health, 4, at: self.start))
            health.succeeded()
        }
        #expect(self.fail(&health, 5, at: self.start))
        #expect(health.isEjected(at: self.start + .seconds(4)))
        #expect(!health.isEjected(at: self.start + .seconds(5)))
    }

    @Test func `a server on trial is ejected for longer by one failure, and forgiven by one success`() {
        var health = ServerHealth()
        _ = self.fail(&health, 5, at: self.start)
        let back = self.start + .seconds(6)
        #expect(self.fail(&health, 1, at: back))
        #expect(health.isEjected(at: back + .seconds(9)))
        #expect(!health.isEjected(at: back + .seconds(10)))
        health.succeeded()
        #expect(!self.fail(&health, 4, at: back + .seconds(11)))
    }

    @Test func `ejections grow no longer than the longest`() {
        var health = ServerHealth()
        var now = self.start
        _ = self.fail(&health, 5, at: now)
        for _ in 0..<100 {
            now = now + .seconds(121)
            #expect(self.fail(&health, 1, at: now))
            #expect(health.isEjected(at: now + .seconds(4)))
            #expect(!health.isEjected(at: now + .seconds(120)))
        }
    }

    @Test func `probes that fail in a row take a server down, and those that succeed bring it back`() {
        var health = ServerHealth()
        for succeeded in [false, false, true, false, false] { health.probed(succeeded: succeeded, self.settings) }
        #expect(!health.isDown)
        health.probed(succeeded: false, self.settings)
        #expect(health.isDown)
        for succeeded in [true, false, true] { health.probed(succeeded: succeeded, self.settings) }
        #expect(health.isDown)
        health.probed(succeeded: true, self.settings)
        #expect(!health.isDown)
    }
}

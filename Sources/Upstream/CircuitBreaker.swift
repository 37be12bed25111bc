package import NIOCore

/// Stops asking an upstream that fails every time, so that clients hear so at once and do not wait out a limit each.
///
///     closed ── failures in a row ──► open, for a time ──► one exchange is let through ── it fails ──► open again
///                                                                └── it is answered ──► closed
///
/// Ejection (`HealthBoard`) takes single servers out and never the last; this is for when all of them fail. Counted per
/// event loop.
package struct CircuitBreaker {
    package struct Settings: Sendable, Hashable {
        /// Failures in a row, of all servers together; nil never opens.
        package var failures: Int?
        /// How long nobody is asked then.
        package var time: TimeAmount

        package init(failures: Int? = 50, time: TimeAmount = .seconds(2)) {
            self.failures = failures
            self.time = time
        }
    }

    private enum State {
        case closed(failures: Int)
        case open(until: NIODeadline)
        /// One exchange finds out. If it never tells, because its caller left or it is merely slow, another may after this.
        case trying(until: NIODeadline)
    }

    private let settings: Settings
    private var state = State.closed(failures: 0)

    init(_ settings: Settings) {
        self.settings = settings
    }

    /// Whether an exchange may begin.
    mutating func admits(at now: NIODeadline = .now()) -> Bool {
        switch self.state {
        case .closed:
            return true
        case .open(let until), .trying(let until):
            guard until <= now else { return false }
            self.state = .trying(until: now + self.settings.time)
            return true
        }
    }

    mutating func succeeded() {
        if case .closed(0) = self.state { return }
        self.state = .closed(failures: 0)
    }

    /// - Returns: true if it opens by this.
    mutating func failed(at now: NIODeadline = .now()) -> Bool {
        guard let most = self.settings.failures else { return false }
        switch self.state {
        case .closed(let failures) where failures + 1 < most:
            self.state = .closed(failures: failures + 1)
            return false
        case .open:
            // Of an exchange that began before.
            return false
        case .closed, .trying:
            self.state = .open(until: now + self.settings.time)
            return true
        }
    }
}

import NIOCore

/// What is known of one server, from exchanges with it and from probes, and whether it is asked.
///
///     in ── failures in a row ──► ejected, for a time ──► in, on trial ── a failure ──► ejected, for longer
///                                                             └── a success ──► in
struct ServerHealth {
    struct Settings: Sendable, Hashable {
        /// Failures in a row after which a server is not asked for a while.
        var failures = 5
        /// How long that is the first time; each time in a row doubles it.
        var ejectionTime = TimeAmount.seconds(5)
        /// How long it is at most.
        var longestEjection = TimeAmount.seconds(120)
        /// Probes in a row that must fail before a server is down, and that must succeed before it is up again.
        var probesDown = 3
        var probesUp = 2
    }

    private(set) var ejectedUntil: NIODeadline?
    private(set) var isDown = false
    private var failuresInARow = 0
    private var ejectionsInARow = 0
    private var probesInARow = 0

    func isEjected(at now: NIODeadline) -> Bool {
        self.ejectedUntil.map { now < $0 } ?? false
    }

    mutating func succeeded() {
        self.failuresInARow = 0
        self.ejectionsInARow = 0
    }

    /// - Parameter mayEject: false where too many servers are ejected already.
    /// - Returns: true if the server is ejected by this.
    mutating func failed(at now: NIODeadline, _ settings: Settings, mayEject: Bool) -> Bool {
        self.failuresInARow += 1
        // An exchange that began before the ejection says nothing new.
        if self.isEjected(at: now) { return false }
        let isOnTrial = self.ejectionsInARow > 0
        guard mayEject, isOnTrial || self.failuresInARow >= settings.failures else { return false }
        let doublings = min(self.ejectionsInARow, 20)
        let time = min(settings.ejectionTime.nanoseconds << doublings, settings.longestEjection.nanoseconds)
        self.ejectionsInARow += 1
        self.ejectedUntil = now + .nanoseconds(time)
        return true
    }

    mutating func probed(succeeded: Bool, _ settings: Settings) {
        // Only what contradicts the state counts.
        guard succeeded == self.isDown else {
            self.probesInARow = 0
            return
        }
        self.probesInARow += 1
        if self.probesInARow >= (succeeded ? settings.probesUp : settings.probesDown) {
            self.isDown = !succeeded
            self.probesInARow = 0
            if succeeded { self = ServerHealth() }
        }
    }
}

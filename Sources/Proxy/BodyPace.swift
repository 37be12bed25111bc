import NIOCore

/// How much longer a client may take with its body: a grace, and then a minimum rate, and never more than a time in all.
///
/// Only the time counts in which the proxy waited for the client. A client that is held up, because the upstream takes no
/// more, is not slow. Without this a client could send one byte just before each idle limit and hold what it holds for as
/// long as a whole body may take (the slow body attack).
struct BodyPace {
    /// What a client may be behind the rate.
    let grace: TimeAmount
    /// Bytes a second.
    let rate: Int
    /// The whole body.
    let time: TimeAmount

    private var waited = TimeAmount.nanoseconds(0)
    private var received = 0
    private var waitingSince: NIODeadline?

    init(grace: TimeAmount, rate: Int, time: TimeAmount) {
        self.grace = grace
        self.time = time
        self.rate = max(1, rate)
    }

    /// The proxy begins to wait for the next piece.
    ///
    /// - Returns: how long it may wait.
    mutating func wait(at now: NIODeadline) -> TimeAmount {
        let since = self.waitingSince ?? now
        self.waitingSince = since
        let earned = Double(self.received) / Double(self.rate) * 1e9
        // More than a day is no limit, and no overflow.
        let allowed = min(self.grace.nanoseconds + Int64(min(earned, 86_400e9)), self.time.nanoseconds)
        return .nanoseconds(max(0, allowed - self.waited.nanoseconds - (now - since).nanoseconds))
    }

    /// A piece came.
    mutating func receive(bytes: Int, at now: NIODeadline) {
        if let since = self.waitingSince { self.waited = self.waited + (now - since) }
        self.waitingSince = nil
        self.received += bytes
    }
}

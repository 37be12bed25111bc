/// How much of a limit per minute is left: a minute's worth at the most, filled steadily.
struct TokenBucket: Sendable, Equatable {
    /// How far below zero the level may fall, in minutes of the limit: what the upstream counts is owed, but a count that cannot
    /// be true must not lock the caller out for longer than this.
    static let longestDebt = 60

    let limit: Int
    private var level: Double
    private var time: ContinuousClock.Instant

    init(limit: Int, at time: ContinuousClock.Instant) {
        self.limit = limit
        level = Double(limit)
        self.time = time
    }

    private var perSecond: Double { Double(limit) / 60 }

    mutating func refill(at now: ContinuousClock.Instant) {
        let seconds = max(.zero, time.duration(to: now)) / .seconds(1)
        level = min(Double(limit), level + seconds * perSecond)
        time = max(time, now)
    }

    var remaining: Int { Int(max(0, level)) }
    var isFull: Bool { level >= Double(limit) }

    /// How long until it is full.
    var untilFull: Duration { .seconds((Double(limit) - level) / perSecond) }

    /// How long until so much is there; zero if it is. More than there ever can be is there when the bucket is full: a single
    /// large request must not wait for ever.
    func wait(for amount: Int) -> Duration {
        let wanted = Double(min(amount, limit))
        return level >= wanted ? .zero : .seconds((wanted - level) / perSecond)
    }

    /// Takes an amount, or gives back a negative one. The level may fall below zero: what was used was used.
    mutating func take(_ amount: Int) {
        let full = Double(limit)
        level = min(full, max(level - Double(amount), -full * Double(Self.longestDebt)))
    }
}

/// What came of sending something to a collector once.
package enum Delivery: Sendable, Equatable {
    /// The collector took it, but for so many parts.
    case taken(rejected: Int)
    /// It did not, and may the next time; `after` is what it asked for.
    case postponed(after: Duration?)
    /// It did not, and may once somebody has put right who sends, or where to.
    case refused
    /// It never will: it cannot read it, or it is more than it takes.
    case unacceptable
}

/// How long to wait before each further try: twice as long each time.
struct Backoff: Sendable {
    private var pause: Duration
    private let longest: Duration

    init(first: Duration, longest: Duration) {
        pause = first
        self.longest = longest
    }

    /// - Parameter asked: what the other side asked for; no less is waited, and never more than the longest pause.
    mutating func next(asked: Duration?) -> Duration {
        // Half of it at random, so that gateways which lost the same collector do not all come back at once.
        let own = pause / 2 + pause / 2 * Double.random(in: 0...1)
        pause = min(pause * 2, longest)
        return min(max(own, asked ?? .zero), longest)
    }
}

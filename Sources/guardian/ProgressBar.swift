import Foundation

/// How far a long command is, on one line of a terminal: `scoring ████████░░░░ 120/400, 31 s left`.
///
/// Where standard error is no terminal nothing is written. Belongs to one task.
struct ProgressBar {
    private static let width = 24
    /// A line is written anew no more often than this.
    private static let interval = Duration.milliseconds(100)

    private let what: String
    private let total: Int
    private let write: ((String) -> Void)?
    private let start: ContinuousClock.Instant
    private var written: ContinuousClock.Instant?
    private var done = 0

    /// - Parameters:
    ///   - what: is being done, as one word.
    ///   - write: for tests; nil writes to the terminal, if there is one.
    init(_ what: String, of total: Int, write: ((String) -> Void)? = nil, now: ContinuousClock.Instant = .now) {
        self.what = what
        self.total = total
        self.write = write ?? (isatty(STDERR_FILENO) == 1 ? { complain($0, terminator: "") } : nil)
        start = now
    }

    /// One more is done.
    mutating func advance(now: ContinuousClock.Instant = .now) {
        done += 1
        guard let write, done < total, written.map({ now - $0 >= Self.interval }) ?? true else { return }
        written = now
        write("\r\u{1B}[K" + line(now: now))
    }

    /// Takes the line away: what the command prints stands in its place.
    mutating func end() {
        if let write, written != nil { write("\r\u{1B}[K") }
        written = nil
    }

    func line(now: ContinuousClock.Instant) -> String {
        let share = total > 0 ? Double(done) / Double(total) : 1
        let full = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.width - full)
        let left = share > 0 ? (now - start) / .seconds(1) * (1 - share) / share : 0
        return "\(what) \(bar) \(done)/\(total), \(Int(left.rounded(.up))) s left"
    }
}

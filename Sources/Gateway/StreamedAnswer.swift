import ChatAPI
import Guard
import Policy

/// A streamed answer on its way: what came of it, and how much of each choice's text has gone out.
struct StreamedAnswer {
    private(set) var assembler = DeltaAssembler()
    private(set) var windows: [Int: StreamWindow] = [:]
    /// Choices of which something went out.
    private(set) var begun: Set<Int> = []
    /// What stands in place of the rest of a choice's text, where a finding withholds the text and not a part of it.
    var withheld: [Int: String] = [:]
    private var isFinished = false
    private var lengths: [Int: Int] = [:]
    /// When text came that may not have gone out yet, by choice, oldest first.
    private var arrivals: [Int: [(end: Int, time: ContinuousClock.Instant)]] = [:]
    private let bounds: HoldBack

    init(bounds: HoldBack) {
        self.bounds = bounds
    }

    /// - Throws: `ChatAPIError` with status 502.
    mutating func read(_ chunk: some Sequence<UInt8>, at time: ContinuousClock.Instant) throws(ChatAPIError) {
        try assembler.read(chunk)
        for (choice, text) in assembler.contents {
            let known = lengths[choice, default: 0]
            let length = text.utf8.count
            guard length > known else { continue }
            windows[choice, default: StreamWindow(bounds: bounds)].append(String(text.utf8.dropFirst(known)) ?? "")
            lengths[choice] = length
            arrivals[choice, default: []].append((length, time))
        }
    }

    /// When the oldest text that is held has waited as long as it may; nil if none is held.
    var due: ContinuousClock.Instant? {
        windows.keys.filter { withheld[$0] == nil }.compactMap { due($0) }.min()
    }

    private func due(_ choice: Int) -> ContinuousClock.Instant? {
        let released = windows[choice]?.releasedBytes ?? 0
        return arrivals[choice]?.first { $0.end > released }.map { $0.time + bounds.delay }
    }

    /// What is to be judged next.
    func next(at time: ContinuousClock.Instant) -> (choice: Int, window: StreamWindow.Window)? {
        guard isFinished || assembler.frame != nil else { return nil }
        for (choice, window) in windows.sorted(by: { $0.key < $1.key }) where withheld[choice] == nil {
            let isLate = due(choice).map { $0 <= time } ?? false
            if let next = window.next(isLate: isLate) { return (choice, next) }
        }
        return nil
    }

    /// - Returns: the text that may go out now.
    mutating func release(
        _ window: StreamWindow.Window,
        of choice: Int,
        redactions: [StreamWindow.Redaction]
    ) -> String {
        let text = windows[choice]?.release(window, redactions: redactions) ?? ""
        let released = windows[choice]?.releasedBytes ?? 0
        arrivals[choice]?.removeAll { $0.end <= released }
        return text
    }

    /// - Returns: whether this is the choice's first piece.
    mutating func begin(_ choice: Int) -> Bool { begun.insert(choice).inserted }

    /// No more text comes: what is left may be judged.
    mutating func finish() {
        isFinished = true
        for choice in windows.keys { windows[choice]?.finish() }
    }
}

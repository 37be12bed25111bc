import ChatAPI
import Guard
import Policy

/// A streamed answer on its way: what came of it, and how much of each of its texts has gone out.
struct StreamedAnswer {
    var stream: any DialectStream
    private(set) var windows: [Int: StreamWindow] = [:]
    /// What stands in place of the rest of a text, where a finding withholds the text and not a part of it.
    var withheld: [Int: String] = [:]
    private var isFinished = false
    private var lengths: [Int: Int] = [:]
    private var whole: Set<Int> = []
    /// When text came that may not have gone out yet, by its text's number, oldest first.
    private var arrivals: [Int: [(end: Int, time: ContinuousClock.Instant)]] = [:]
    private let bounds: HoldBack

    init(_ stream: any DialectStream, bounds: HoldBack) {
        self.stream = stream
        self.bounds = bounds
    }

    /// - Throws: `ChatAPIError` with status 502.
    mutating func read(_ chunk: some Sequence<UInt8>, at time: ContinuousClock.Instant) throws(ChatAPIError) {
        try stream.read(chunk)
        for text in stream.texts {
            let known = lengths[text.number, default: 0]
            let length = text.text.utf8.count
            if length > known {
                let addition = String(text.text.utf8.dropFirst(known)) ?? ""
                if windows[text.number] == nil { windows[text.number] = StreamWindow(bounds: bounds) }
                windows[text.number]?.append(addition)
                lengths[text.number] = length
                arrivals[text.number, default: []].append((length, time))
            }
            // What was whole may go on all the same: nothing of it may be lost.
            if text.isWhole {
                whole.insert(text.number)
                windows[text.number]?.finish()
            } else {
                whole.remove(text.number)
            }
        }
    }

    /// When the oldest text that is held has waited as long as it may; nil if none is held.
    var due: ContinuousClock.Instant? {
        windows.keys.filter { withheld[$0] == nil }.compactMap { due($0) }.min()
    }

    private func due(_ number: Int) -> ContinuousClock.Instant? {
        let released = windows[number]?.releasedBytes ?? 0
        return arrivals[number]?.first { $0.end > released }.map { $0.time + bounds.delay }
    }

    /// What is to be judged next.
    func next(at time: ContinuousClock.Instant) -> (number: Int, window: StreamWindow.Window)? {
        guard isFinished || stream.mayBegin else { return nil }
        for (number, window) in windows.sorted(by: { $0.key < $1.key }) {
            if withheld[number] == nil {
                let isLate = due(number).map { $0 <= time } ?? false
                if let next = window.next(isLate: isLate) { return (number, next) }
            }
            // The next text waits until this one is out.
            let isOut = withheld[number] == nil && whole.contains(number) && window.held == 0
            if stream.isSequential, !isOut, !isFinished { return nil }
        }
        return nil
    }

    /// - Returns: the text that may go out now.
    mutating func release(
        _ window: StreamWindow.Window,
        of number: Int,
        redactions: [StreamWindow.Redaction]
    ) -> String {
        let text = windows[number]?.release(window, redactions: redactions) ?? ""
        let released = windows[number]?.releasedBytes ?? 0
        arrivals[number]?.removeAll { $0.end <= released }
        return text
    }

    /// No more text comes: what is left may be judged.
    mutating func finish() {
        isFinished = true
        for number in windows.keys { windows[number]?.finish() }
    }
}

import NIOCore
import NIOHTTP1
import Synchronization

/// Many streams of server-sent events at a time, each of which must come out as it went in.
struct EventStreamLoad {
    struct Result {
        /// Events a second, of all streams together.
        var rate: Double
        var events: Int
        /// Streams that ended before their last event, or in which an event was missing, changed, or run into another.
        var broken: Int
    }

    let caller: TLSCaller
    let streams: Int
    /// Events of each.
    let events: Int

    func run(port: Int) async throws -> Result {
        let counts = Mutex((events: 0, broken: 0))
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: EventCheck.self) { group in
            for _ in 0..<streams { group.addTask { try await stream(port: port) } }
            for try await check in group {
                counts.withLock {
                    $0.events += check.received
                    if !check.isWhole { $0.broken += 1 }
                }
            }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let (events, broken) = counts.withLock { $0 }
        return Result(rate: Double(events) / seconds, events: events, broken: broken)
    }

    private func stream(port: Int) async throws -> EventCheck {
        let check = Mutex(EventCheck(expected: events))
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        let channel = try await caller.connect(port: port) { part in
            switch part {
            case .head(let head): check.withLock { $0.isAnswered = head.status == .ok }
            case .body(let bytes): check.withLock { $0.read(bytes.readableBytesView) }
            case .end:
                check.withLock { $0.isEnded = true }
                return false
            }
            return true
        } closed: {
            continuation.finish()
        }
        try await TLSCaller.post("/events/\(events)", body: "{}", to: channel)
        for await _ in ended {}
        return check.withLock { $0 }
    }
}

/// Compares what comes with what was sent.
struct EventCheck {
    let expected: Int
    private(set) var received = 0
    private var isWrong = false
    var isAnswered = false
    var isEnded = false
    private var rest: [UInt8] = []

    init(expected: Int) { self.expected = expected }

    var isWhole: Bool { isAnswered && isEnded && !isWrong && rest.isEmpty && received == expected }

    mutating func read(_ bytes: some Sequence<UInt8>) {
        rest += bytes
        while !isWrong {
            let event = EventOrigin.event(received).utf8
            guard rest.count >= event.count else { return }
            guard rest.prefix(event.count).elementsEqual(event) else {
                isWrong = true
                return
            }
            rest.removeFirst(event.count)
            received += 1
        }
    }
}

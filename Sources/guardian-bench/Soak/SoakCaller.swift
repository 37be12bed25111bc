import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What became of the requests of a soak.
final class SoakCounts: Sendable {
    private let counts = Mutex((answers: 0, aborts: 0, wrong: 0))
    private let identifiers = Mutex(Set<String>())

    var answers: Int { counts.withLock { $0.answers } }
    var aborts: Int { counts.withLock { $0.aborts } }
    /// Answers that were not what they should have been.
    var wrong: Int { counts.withLock { $0.wrong } }

    /// `x-request-id` of all answers whose head was read, those that were broken off among them.
    var answered: Set<String> { identifiers.withLock { $0 } }

    func note(_ head: HTTPResponseHead) {
        guard let identifier = head.headers.first(name: "x-request-id") else { return }
        identifiers.withLock { _ = $0.insert(identifier) }
    }

    func count(answer isRight: Bool) { counts.withLock { if isRight { $0.answers += 1 } else { $0.wrong += 1 } } }
    func countAbort() { counts.withLock { $0.aborts += 1 } }
}

/// One caller: does one thing after the other, each on a connection of its own or on the one that it keeps.
struct SoakCaller {
    private enum Act: CaseIterable {
        case ask, askJudged, readEvents, breakOffEvents, breakOffBody, breakOffHead, talkNonsense, breakOffHandshake,
            sayNothing
    }

    let caller: TLSCaller
    let port: Int
    let counts: SoakCounts
    private var turn: Int

    init(caller: TLSCaller, port: Int, number: Int, counts: SoakCounts) {
        (self.caller, self.port, self.counts, turn) = (caller, port, counts, number)
    }

    mutating func step() async {
        let act = Act.allCases[turn % Act.allCases.count]
        turn += 1
        do {
            switch act {
            case .ask: try await ask("/unread")
            case .askJudged: try await ask("/v1/chat/completions")
            case .readEvents: try await events(stopAfter: nil)
            case .breakOffEvents: try await events(stopAfter: turn % 40)
            case .breakOffBody: try await breakOff(after: "\(Self.head)Content-Length: 5000\r\n\r\n{\"model\"")
            case .breakOffHead: try await breakOff(after: String(Self.head.prefix(20 + turn % 40)))
            case .talkNonsense: try await breakOff(after: "\u{16}\u{3}\u{1} nonsense \(turn)\r\n\r\n")
            case .breakOffHandshake: try await breakOffHandshake()
            case .sayNothing: try await breakOff(after: "")
            }
        } catch {
            // The gateway may hang up on whoever misbehaves before it is done.
            if [.ask, .askJudged, .readEvents].contains(act) {
                counts.count(answer: false)
            } else {
                counts.countAbort()
            }
        }
    }

    private static let head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    /// Four requests on one connection.
    private func ask(_ path: String) async throws {
        let (answers, continuation) = AsyncStream.makeStream(of: Bool.self)
        let isRight = Mutex((isFine: false, bytes: 0))
        let counts = counts
        let channel = try await caller.connect(port: port) { part in
            switch part {
            case .head(let head):
                counts.note(head)
                isRight.withLock { $0 = (head.status == .ok, 0) }
            case .body(let chunk): isRight.withLock { $0.bytes += chunk.readableBytes }
            case .end: continuation.yield(isRight.withLock { $0.isFine && $0.bytes > 100 })
            }
            return true
        } closed: {
            continuation.finish()
        }
        var iterator = answers.makeAsyncIterator()
        for _ in 0..<4 {
            try await TLSCaller.post(path, body: ProxyBench.question, to: channel)
            counts.count(answer: await iterator.next() ?? false)
        }
        try? await channel.close()
    }

    private func events(stopAfter: Int?) async throws {
        let check = Mutex(EventCheck(expected: 50))
        let (ended, continuation) = AsyncStream.makeStream(of: Void.self)
        let counts = counts
        let channel = try await caller.connect(port: port) { part in
            if case .head(let head) = part { counts.note(head) }
            return check.withLock { check in
                switch part {
                case .head(let head): check.isAnswered = head.status == .ok
                case .body(let bytes): check.read(bytes.readableBytesView)
                case .end:
                    check.isEnded = true
                    return false
                }
                return stopAfter.map { check.received < $0 } ?? true
            }
        } closed: {
            continuation.finish()
        }
        try await TLSCaller.post("/events/50", body: "{}", to: channel)
        for await _ in ended {}
        if stopAfter == nil { counts.count(answer: check.withLock { $0.isWhole }) } else { counts.countAbort() }
    }

    private func breakOff(after text: String) async throws {
        let channel = try await caller.connect(port: port)
        if !text.isEmpty { try await channel.writeAndFlush(ByteBuffer(string: text)) }
        try? await channel.close()
        counts.countAbort()
    }

    private func breakOffHandshake() async throws {
        let channel = try await ClientBootstrap(group: caller.group).connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(bytes: [0x16, 3, 1, 2, 0, 1, 0, 1]))
        try? await channel.close()
        counts.countAbort()
    }
}

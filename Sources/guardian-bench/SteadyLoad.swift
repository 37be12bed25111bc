import NIOCore
import NIOHTTP1

/// Requests at even intervals, however slow the answers are: each goes out on a connection that waits for none, and its time counts
/// from when it was due.
///
/// h2load's own rate (`--rps`) lets all connections ask in the same millisecond, which measures how long such a heap takes.
struct SteadyLoad {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// With one event loop.
    let caller: TLSCaller
    let connections: Int
    let seconds: Int

    /// - Parameter rate: requests a second, of all connections together.
    /// - Returns: milliseconds from when each request was due until its answer was complete, in rising order.
    /// - Throws: `Failure` if an answer is missing or another than 200; `ChannelError` if a connection cannot be had.
    func run(port: Int, path: String, body: String, rate: Double) async throws -> [Double] {
        let loop = caller.group.any()
        let ended = loop.makePromise(of: [Double].self)
        let turns = NIOLoopBoundBox.makeBoxSendingValue(
            Turns(count: max(1, Int(rate * Double(seconds))), interval: .nanoseconds(Int64(1e9 / rate)), ended: ended),
            eventLoop: loop
        )
        for number in 0..<connections {
            let channel = try await caller.connect(port: port) { part in
                turns.value.receive(part, on: number)
            } closed: {
                turns.value.fail("\(path): a connection was closed")
            }
            try await loop.submit { turns.value.add(channel) }.get()
        }
        try await loop.submit { turns.value.begin(TLSCaller.request(path, body: body), on: loop, turns) }.get()
        let times = try await ended.futureResult.get()
        try await loop.submit { turns.value.close() }.get()
        return times
    }
}

/// Who asks when; on one event loop.
private final class Turns {
    private let count: Int
    private let interval: TimeAmount
    private let ended: EventLoopPromise<[Double]>
    private var channels: [any Channel] = []
    private var idle: [Int] = []
    /// When what a connection asks was due.
    private var asked: [NIODeadline] = []
    private var start = NIODeadline.now()
    /// Requests that went out.
    private var sent = 0
    private var times: [Double] = []
    private var isEnded = false
    private var request: [HTTPClientRequestPart] = []

    init(count: Int, interval: TimeAmount, ended: EventLoopPromise<[Double]>) {
        (self.count, self.interval, self.ended) = (count, interval, ended)
        times.reserveCapacity(count)
    }

    func add(_ channel: any Channel) {
        idle.append(channels.count)
        channels.append(channel)
        asked.append(start)
    }

    func begin(_ request: [HTTPClientRequestPart], on loop: any EventLoop, _ own: NIOLoopBoundBox<Turns>) {
        self.request = request
        start = .now()
        tick(on: loop, own)
    }

    private func due(_ number: Int) -> NIODeadline { start + .nanoseconds(interval.nanoseconds * Int64(number)) }

    private func tick(on loop: any EventLoop, _ own: NIOLoopBoundBox<Turns>) {
        guard !isEnded else { return }
        send()
        guard sent < count else { return }
        // Where every connection is in use, an answer sends what is due.
        loop.scheduleTask(deadline: max(due(sent), .now() + .microseconds(50))) { own.value.tick(on: loop, own) }
    }

    private func send() {
        while sent < count, due(sent) <= .now(), let connection = idle.popLast() {
            asked[connection] = due(sent)
            sent += 1
            for part in request.dropLast() { channels[connection].write(part, promise: nil) }
            if let last = request.last { channels[connection].writeAndFlush(last, promise: nil) }
        }
    }

    func receive(_ part: HTTPClientResponsePart, on connection: Int) -> Bool {
        switch part {
        case .head(let head):
            if head.status != .ok { fail("an answer was \(head.status.code)") }
        case .body: break
        case .end:
            times.append(Double((NIODeadline.now() - asked[connection]).nanoseconds) / 1e6)
            idle.append(connection)
            send()
            if times.count == count, !isEnded {
                isEnded = true
                ended.succeed(times.sorted())
            }
        }
        return true
    }

    func fail(_ reason: String) {
        guard !isEnded else { return }
        isEnded = true
        ended.fail(SteadyLoad.Failure(description: reason))
    }

    func close() {
        for channel in channels { channel.close(promise: nil) }
    }
}

@available(*, unavailable)
extension Turns: Sendable {}

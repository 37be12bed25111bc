package import NIOCore
package import NIOHTTP1

/// One request that any server of an upstream can answer, asked of a second one where the first takes long or fails: the first
/// good answer counts, and the other request is given up.
///
/// Belongs to its cluster's event loop. For requests that change nothing at the server.
package final class HedgedExchange {
    package struct Limits: Sendable, Equatable {
        /// After this long without an answer another server is asked too; nil waits for the first, unless it fails.
        package var hedgeAfter: TimeAmount?
        /// When all of it has to be over.
        package var deadline: NIODeadline
        /// Bytes of an answer's body; more are no answer.
        package var bodyBytes: Int

        package init(hedgeAfter: TimeAmount? = nil, deadline: NIODeadline, bodyBytes: Int) {
            self.hedgeAfter = hedgeAfter
            self.deadline = deadline
            self.bodyBytes = bodyBytes
        }
    }

    package struct Answer: Sendable {
        package var status: Int
        package var body: ByteBuffer
        /// Whether a second server was asked.
        package var wasHedged: Bool
        /// Whether the answer is that server's.
        package var isHedge: Bool
    }

    private let cluster: UpstreamCluster
    private let head: HTTPRequestHead
    private let body: ByteBuffer
    private let limits: Limits
    private let promise: EventLoopPromise<Answer>
    private var attempts: [Attempt] = []
    private var timers: [Scheduled<Void>] = []
    /// What is told if nothing better comes.
    private var fallback: Result<Answer, UpstreamError>?
    private var isOver = false

    /// - Parameters:
    ///   - head: the request; its framing is set from the body.
    ///   - body: sent whole, and again to the second server.
    package init(_ head: HTTPRequestHead, body: ByteBuffer, on cluster: UpstreamCluster, limits: Limits) {
        self.head = head
        self.body = body
        self.cluster = cluster
        self.limits = limits
        self.promise = cluster.eventLoop.makePromise()
    }

    /// Starts, once.
    ///
    /// - Returns: the answer, whatever its status; `UpstreamError` as the future's error.
    package func run() -> EventLoopFuture<Answer> {
        let bound = NIOLoopBound(self, eventLoop: self.cluster.eventLoop)
        self.timers.append(
            self.cluster.eventLoop.scheduleTask(deadline: self.limits.deadline) {
                bound.value.end(.failure(UpstreamError(.totalTimeout)))
            }
        )
        if let delay = self.limits.hedgeAfter, self.cluster.count > 1 {
            self.timers.append(self.cluster.eventLoop.scheduleTask(in: delay) { bound.value.attempt() })
        }
        self.attempt()
        return self.promise.futureResult
    }

    /// Gives up: the future fails.
    package func cancel() { self.end(.failure(UpstreamError(.totalTimeout, detail: "given up"))) }

    /// Asks a server that was not asked yet. At most two are.
    private func attempt() {
        guard !self.isOver, self.attempts.count < 2 else { return }
        let attempt = Attempt(self, number: self.attempts.count, limit: self.limits.bodyBytes)
        let tried = self.attempts.reduce(into: Set<Int>()) { $0.formUnion($1.exchange?.tried ?? []) }
        self.attempts.append(attempt)
        attempt.start(self.head, self.body, on: self.cluster, avoiding: tried)
    }

    fileprivate func ended(_ attempt: Attempt, _ result: Result<(status: Int, body: ByteBuffer), UpstreamError>) {
        guard !self.isOver else { return }
        let outcome = result.map {
            Answer(
                status: $0.status,
                body: $0.body,
                wasHedged: self.attempts.count > 1,
                isHedge: attempt.number > 0
            )
        }
        // What another server may answer better: it is overloaded, or broken.
        if case .success(let answer) = outcome, answer.status < 500, answer.status != 429 { return self.end(outcome) }
        self.fallback = self.fallback ?? outcome
        if self.attempts.count < 2, self.cluster.count > 1 {
            self.attempt()
        } else if self.attempts.allSatisfy(\.isOver), let fallback = self.fallback {
            self.end(fallback)
        }
    }

    private func end(_ outcome: Result<Answer, UpstreamError>) {
        guard !self.isOver else { return }
        self.isOver = true
        for timer in self.timers { timer.cancel() }
        for attempt in self.attempts { attempt.cancel() }
        // They know this, and this them.
        self.attempts = []
        self.promise.completeWith(outcome.mapError { $0 as any Error })
    }
}

@available(*, unavailable)
extension HedgedExchange: Sendable {}

/// The request to one server.
private final class Attempt: UpstreamExchangeDelegate {
    let number: Int
    private(set) var exchange: UpstreamExchange?
    private(set) var isOver = false
    private let owner: HedgedExchange
    private let limit: Int
    private var status = 0
    private var body = ByteBuffer()

    init(_ owner: HedgedExchange, number: Int, limit: Int) {
        self.owner = owner
        self.number = number
        self.limit = limit
    }

    func start(_ head: HTTPRequestHead, _ body: ByteBuffer, on cluster: UpstreamCluster, avoiding tried: Set<Int>) {
        let exchange = UpstreamExchange(
            cluster: cluster,
            head: head,
            body: .bytes(body),
            delegate: self,
            avoiding: tried
        )
        self.exchange = exchange
        exchange.start()
    }

    func cancel() {
        guard !self.isOver else { return }
        self.isOver = true
        self.exchange?.cancel()
    }

    private func end(_ result: Result<(status: Int, body: ByteBuffer), UpstreamError>) {
        guard !self.isOver else { return }
        self.isOver = true
        self.owner.ended(self, result)
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {}

    func upstreamAnswered(_ head: HTTPResponseHead) {
        self.status = Int(head.status.code)
        self.exchange?.demand()
    }

    func upstreamSent(_ chunk: ByteBuffer) {
        guard !self.isOver else { return }
        guard self.body.readableBytes + chunk.readableBytes <= self.limit else {
            self.exchange?.cancel()
            return self.end(.failure(UpstreamError(.badResponse, detail: "more than \(self.limit) bytes")))
        }
        self.body.writeImmutableBuffer(chunk)
    }

    func upstreamReadCompleted() { self.exchange?.demand() }

    func upstreamFinished() { self.end(.success((self.status, self.body))) }

    func upstreamFailed(_ error: UpstreamError) { self.end(.failure(error)) }
}

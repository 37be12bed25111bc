package import NIOCore
package import NIOHTTP1

/// Told how an exchange with an upstream goes. All calls come on the exchange's event loop.
package protocol UpstreamExchangeDelegate: AnyObject {
    /// The upstream takes more of a streamed request body, or no more for now.
    func upstreamWritabilityChanged(_ isWritable: Bool)
    /// The head of the answer. Nothing more comes until `demand()` is called.
    func upstreamAnswered(_ head: HTTPResponseHead)
    /// A piece of the answer's body.
    func upstreamSent(_ chunk: ByteBuffer)
    /// What one read of the socket brought has been handed over; nothing more comes until `demand()` is called.
    func upstreamReadCompleted()
    /// The answer ended as it should. Nothing follows.
    func upstreamFinished()
    /// The exchange failed. Nothing follows.
    func upstreamFailed(_ error: UpstreamError)
}

/// The body of a request to an upstream.
package enum UpstreamBody: Sendable {
    case none
    /// A whole body. It can be sent again if the connection turns out to be stale.
    case bytes(ByteBuffer)
    /// A body that comes in pieces, of the given length in bytes if that is known.
    case stream(length: Int?)
}

/// One request to an upstream and its answer.
///
/// Belongs to its pool's event loop. The exchange leases a connection, sends the request, and passes the answer on as
/// the delegate asks for it.
///
/// It sends the request a second time on the same server if the connection had been used before, it ended at once and without
/// a single byte in return, and the whole body is at hand. That is what a peer's idle limit looks like when it runs out just as
/// a request is written (RFC 9112, 9.3.1). Over HTTP/2 the peer says so, by REFUSED_STREAM or GOAWAY (RFC 9113, 8.7). The
/// answers that a guard waits for are to calls that change nothing at the peer, so this holds for every method. Beyond
/// that `RetryRule` says what may be tried again, with another server if there is one, as often as the upstream's
/// settings and its retry budget allow.
package final class UpstreamExchange {
    enum Stage: UInt8 {
        case connect, firstByte, idle
    }

    private enum State {
        case created
        case waiting
        case sending(UpstreamConnection)
        case receiving(UpstreamConnection)
        case finished
    }

    package let eventLoop: any EventLoop
    /// When the request was handed to a connection; nil before.
    package private(set) var sentAt: NIODeadline?
    /// When the head of the answer came; nil before.
    package private(set) var answeredAt: NIODeadline?
    /// When the exchange was over; nil before.
    package private(set) var finishedAt: NIODeadline?

    /// How the pool of the present attempt knows this exchange.
    private(set) var id: PoolStateMachine.WaiterID = 0
    private let cluster: UpstreamCluster
    private let head: HTTPRequestHead
    private let body: UpstreamBody
    private weak var delegate: (any UpstreamExchangeDelegate)?

    private var state = State.created
    /// The server of the present attempt; nil between attempts.
    private var server: Int?
    /// Servers that were asked, or were to be avoided.
    private(set) var tried: Set<Int>
    private var retries = 0
    private var hasReplayed = false
    /// Part of a streamed body went out, so it cannot be sent again.
    private var hasSentBody = false
    /// Pieces of a streamed body that came before there was a connection: at most what one read of the client's socket
    /// brought, since `isWritable` is false until then.
    private var early: [ByteBuffer] = []
    private var requestEnded = false
    /// Something was written that waits for more to go out with.
    private var needsFlush = false
    private var isStarting = false
    private var isDemanding = false
    /// Lent by the cluster; nil once the exchange is over.
    private var timer: StageTimer?

    /// - Parameters:
    ///   - cluster: the upstream's connections on the loop that this is called on.
    ///   - head: the request; its framing fields are set from `body`, the path prefix and `Host` from the peer.
    ///   - tried: servers that are asked only if there is no other.
    package init(
        cluster: UpstreamCluster,
        head: HTTPRequestHead,
        body: UpstreamBody,
        delegate: any UpstreamExchangeDelegate,
        avoiding tried: Set<Int> = []
    ) {
        self.tried = tried
        self.cluster = cluster
        self.eventLoop = cluster.eventLoop
        self.head = head
        self.body = body
        self.delegate = delegate
        self.timer = cluster.takeTimer()
        switch body {
        case .none, .bytes: self.requestEnded = true
        case .stream: break
        }
    }

    // MARK: Called by the proxy

    /// Whether a streamed body may be sent on; false until there is a connection.
    package var isWritable: Bool {
        switch self.state {
        case .sending(let connection), .receiving(let connection): return connection.isWritable
        case .created, .waiting, .finished: return false
        }
    }

    package func start() {
        self.eventLoop.assertInEventLoop()
        guard case .created = self.state else { return }
        self.timer?.onExpiry = { [weak self] expiry in self?.expired(expiry) }
        self.timer?.total(in: self.cluster.timeouts.total)
        guard self.cluster.exchangeBegan() else {
            return self.fail(UpstreamError(.circuitOpen, detail: "every exchange failed lately"))
        }
        self.isStarting = true
        self.attempt()
        self.isStarting = false
    }

    /// Sends what was handed over since the last time. To be called when there is no more at hand: a head and the body that came
    /// with it then go out together.
    package func flush() {
        guard self.needsFlush else { return }
        self.needsFlush = false
        switch self.state {
        case .sending(let connection), .receiving(let connection): connection.flush()
        case .created, .waiting, .finished: break
        }
    }

    /// Takes a piece of a streamed body, to be sent by `flush()` or with the end.
    package func send(_ chunk: ByteBuffer) {
        switch self.state {
        case .sending(let connection), .receiving(let connection):
            self.hasSentBody = true
            connection.write(.body(.byteBuffer(chunk)), flush: false)
            self.needsFlush = true
        case .created, .waiting:
            self.early.append(chunk)
        case .finished:
            break
        }
    }

    /// Ends a streamed body.
    package func end() {
        guard !self.requestEnded else { return }
        self.requestEnded = true
        self.needsFlush = false
        switch self.state {
        case .sending(let connection):
            connection.endRequest()
            self.timer?.stage(Stage.firstByte, in: self.cluster.timeouts.firstByte)
        case .receiving(let connection):
            connection.endRequest()
        case .created, .waiting, .finished:
            break
        }
    }

    /// Asks for the next piece of the answer.
    package func demand() {
        guard case .receiving(let connection) = self.state else { return }
        if !self.isDemanding {
            self.isDemanding = true
            self.timer?.stage(Stage.idle, in: self.cluster.timeouts.idle)
        }
        connection.read()
    }

    /// Gives up. The delegate hears nothing more.
    package func cancel() {
        self.delegate = nil
        let state = self.state
        if case .waiting = state { self.pool?.cancel(self) }
        self.finish()
        switch state {
        case .waiting: break
        case .sending(let connection), .receiving(let connection): connection.abandon()
        case .created, .finished: break
        }
    }

    // MARK: Called by the pool

    func leased(_ connection: UpstreamConnection) {
        guard case .waiting = self.state else {
            return connection.abandon()
        }
        guard let peer = self.pool?.peer else { return connection.abandon() }
        self.state = .sending(connection)
        self.sentAt = .now()
        connection.begin(self)
        connection.write(.head(RequestFraming.frame(self.head, body: self.body, for: peer)), flush: false)
        switch self.body {
        case .none:
            break
        case .bytes(let buffer):
            if buffer.readableBytes > 0 {
                connection.write(.body(.byteBuffer(buffer)), flush: false)
            }
        case .stream:
            if !self.early.isEmpty { self.hasSentBody = true }
            for chunk in self.early {
                connection.write(.body(.byteBuffer(chunk)), flush: false)
            }
            self.early = []
        }
        if self.requestEnded {
            connection.endRequest()
            self.timer?.stage(Stage.firstByte, in: self.cluster.timeouts.firstByte)
        } else {
            if self.isStarting { self.needsFlush = true } else { connection.flush() }
            self.timeUpload(connection.isWritable)
            self.delegate?.upstreamWritabilityChanged(connection.isWritable)
        }
        connection.read()
    }

    /// No connection can be had.
    func refused(_ error: UpstreamError) {
        self.attemptFailed(error, .unsent)
    }

    // MARK: Called by the connection

    func received(_ head: HTTPResponseHead) {
        guard case .sending(let connection) = self.state else { return }
        let now = NIODeadline.now()
        self.answeredAt = now
        self.state = .receiving(connection)
        if let server = self.server { self.cluster.answered(server, status: head.status.code, at: now) }
        self.paused()
        self.delegate?.upstreamAnswered(head)
    }

    func received(_ chunk: ByteBuffer) {
        self.paused()
        self.delegate?.upstreamSent(chunk)
    }

    func readCompleted() {
        switch self.state {
        case .sending(let connection): connection.read()
        case .receiving: self.delegate?.upstreamReadCompleted()
        case .created, .waiting, .finished: break
        }
    }

    func receivedEnd() {
        let delegate = self.delegate
        self.finish()
        delegate?.upstreamFinished()
    }

    func writabilityChanged(_ isWritable: Bool) {
        guard !self.requestEnded else { return }
        if case .sending = self.state { self.timeUpload(isWritable) }
        self.delegate?.upstreamWritabilityChanged(isWritable)
    }

    /// The connection failed under the exchange.
    ///
    /// - Parameter isUntouched: the peer has done nothing about the request.
    func connectionFailed(_ error: UpstreamError, isUntouched: Bool) {
        guard case .sending = self.state else { return self.fail(error) }
        if isUntouched, !self.hasReplayed, self.isReplayable, error.code == .closedEarly {
            self.hasReplayed = true
            self.lease(fresh: true)
        } else {
            self.attemptFailed(error, .sent)
        }
    }

    // MARK: Attempts

    private var pool: ConnectionPool? { self.server.map(self.cluster.pool(of:)) }

    private var isReplayable: Bool {
        switch self.body {
        case .none, .bytes: return true
        case .stream: return !self.hasSentBody
        }
    }

    /// Begins with a server that was not tried yet, if there is one.
    private func attempt() {
        let server = self.cluster.begin(avoiding: self.tried)
        if self.cluster.count > 1 { self.tried.insert(server) }
        self.server = server
        self.lease(fresh: false)
    }

    private func attemptFailed(_ error: UpstreamError, _ progress: RetryRule.Progress) {
        if case .finished = self.state { return }
        guard self.retries < self.cluster.retries, self.cluster.count > max(1, self.tried.count),
            RetryRule.allows(error.code, progress, method: self.head.method, isReplayable: self.isReplayable),
            self.cluster.takeRetry()
        else { return self.fail(error) }
        self.retries += 1
        self.leaveServer(error)
        self.attempt()
    }

    private func lease(fresh: Bool) {
        guard let pool = self.pool else { return }
        self.state = .waiting
        self.id = pool.makeWaiterID()
        self.timer?.stage(Stage.connect, in: self.cluster.timeouts.connect)
        pool.lease(self, fresh: fresh)
    }

    /// The attempt is over, whatever became of it.
    private func leaveServer(_ error: UpstreamError?) {
        guard let server = self.server else { return }
        self.server = nil
        self.cluster.end(server)
        if let error { self.cluster.failed(server, error) }
    }

    // MARK: Inside

    /// While a body is sent the client sets the pace, and its own limits apply, unless the peer takes no more.
    private func timeUpload(_ isWritable: Bool) {
        if isWritable {
            self.timer?.clearStage()
        } else {
            self.timer?.stage(Stage.idle, in: self.cluster.timeouts.idle)
        }
    }

    /// Something came: the peer is not stalling until more is asked for.
    private func paused() {
        self.isDemanding = false
        self.timer?.clearStage()
    }

    private func expired(_ expiry: StageTimer.Expiry) {
        switch self.state {
        case .finished, .created: return
        case .waiting, .sending, .receiving: break
        }
        guard case .stage(let code) = expiry, let stage = Stage(rawValue: code) else {
            return self.give(up: UpstreamError(.totalTimeout))
        }
        switch stage {
        case .connect:
            guard case .waiting = self.state, let pool = self.pool else { return }
            let error = pool.whyWaiting()
            pool.cancel(self)
            self.attemptFailed(error, .unsent)
        case .firstByte:
            self.stalled(UpstreamError(.firstByteTimeout))
        case .idle:
            self.stalled(UpstreamError(.idleTimeout))
        }
    }

    private func stalled(_ error: UpstreamError) {
        switch self.state {
        case .sending(let connection), .receiving(let connection): connection.retire()
        case .created, .waiting, .finished: break
        }
        self.give(up: error, waitingSince: self.timer?.stageBegan)
    }

    private func give(up error: UpstreamError, waitingSince start: NIODeadline? = nil) {
        let delegate = self.delegate
        if let server = self.server { self.cluster.failed(server, error, waitingSince: start) }
        self.cancel()
        delegate?.upstreamFailed(error)
    }

    private func fail(_ error: UpstreamError) {
        if case .finished = self.state { return }
        let delegate = self.delegate
        self.finish(error)
        delegate?.upstreamFailed(error)
    }

    private func finish(_ error: UpstreamError? = nil) {
        if case .finished = self.state { return }
        self.state = .finished
        self.leaveServer(error)
        self.finishedAt = .now()
        self.early = []
        if let timer = self.timer {
            self.timer = nil
            timer.rest()
            self.cluster.giveBack(timer)
        }
    }
}

@available(*, unavailable)
extension UpstreamExchange: Sendable {}

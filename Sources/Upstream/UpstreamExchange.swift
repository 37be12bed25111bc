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
/// the delegate asks for it. It sends the request a second time in one case only: the connection had been used before,
/// it ended without a single byte in return, and the whole body is at hand. That is what a peer's idle limit looks like
/// when it runs out just as a request is written (RFC 9112, 9.3.1). The answers that a guard waits for are to calls
/// that change nothing at the peer, so this holds for every method.
package final class UpstreamExchange {
    private enum Stage {
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

    let id: PoolStateMachine.WaiterID
    private let pool: ConnectionPool
    private let head: HTTPRequestHead
    private let body: UpstreamBody
    private weak var delegate: (any UpstreamExchangeDelegate)?

    private var state = State.created
    private var attempts = 0
    /// Pieces of a streamed body that came before there was a connection: at most what one read of the client's socket
    /// brought, since `isWritable` is false until then.
    private var early: [ByteBuffer] = []
    private var requestEnded = false
    private var isDemanding = false
    private let timer: StageTimer<Stage>

    /// - Parameters:
    ///   - pool: the connections of the peer on the loop that this is called on.
    ///   - head: the request; its framing fields are set from `body`, the path prefix and `Host` from the peer.
    package init(
        pool: ConnectionPool,
        head: HTTPRequestHead,
        body: UpstreamBody,
        delegate: any UpstreamExchangeDelegate
    ) {
        self.pool = pool
        self.eventLoop = pool.eventLoop
        self.id = pool.makeWaiterID()
        self.head = RequestFraming.frame(head, body: body, for: pool.peer)
        self.body = body
        self.delegate = delegate
        self.timer = StageTimer(eventLoop: pool.eventLoop)
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
        self.timer.onExpiry = { [weak self] expiry in self?.expired(expiry) }
        self.timer.total(in: self.pool.peer.timeouts.total)
        self.lease(fresh: false)
    }

    /// Sends a piece of a streamed body.
    package func send(_ chunk: ByteBuffer) {
        switch self.state {
        case .sending(let connection), .receiving(let connection):
            connection.write(.body(.byteBuffer(chunk)), flush: true)
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
        switch self.state {
        case .sending(let connection):
            connection.endRequest()
            self.timer.stage(.firstByte, in: self.pool.peer.timeouts.firstByte)
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
            self.timer.stage(.idle, in: self.pool.peer.timeouts.idle)
        }
        connection.read()
    }

    /// Gives up. The delegate hears nothing more.
    package func cancel() {
        self.delegate = nil
        let state = self.state
        self.finish()
        switch state {
        case .waiting: self.pool.cancel(self)
        case .sending(let connection), .receiving(let connection): connection.abandon()
        case .created, .finished: break
        }
    }

    // MARK: Called by the pool

    func leased(_ connection: UpstreamConnection) {
        guard case .waiting = self.state else {
            return connection.abandon()
        }
        self.state = .sending(connection)
        self.sentAt = .now()
        connection.begin(self)
        connection.write(.head(self.head), flush: false)
        switch self.body {
        case .none:
            break
        case .bytes(let buffer):
            if buffer.readableBytes > 0 {
                connection.write(.body(.byteBuffer(buffer)), flush: false)
            }
        case .stream:
            for chunk in self.early {
                connection.write(.body(.byteBuffer(chunk)), flush: false)
            }
            self.early = []
        }
        if self.requestEnded {
            connection.endRequest()
            self.timer.stage(.firstByte, in: self.pool.peer.timeouts.firstByte)
        } else {
            connection.flush()
            // The client sets the pace here; its own limits apply.
            self.timer.clearStage()
            self.delegate?.upstreamWritabilityChanged(connection.isWritable)
        }
        connection.read()
    }

    /// No connection can be had.
    func refused(_ error: UpstreamError) {
        self.fail(error)
    }

    // MARK: Called by the connection

    func received(_ head: HTTPResponseHead) {
        guard case .sending(let connection) = self.state else { return }
        self.answeredAt = .now()
        self.state = .receiving(connection)
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
        self.delegate?.upstreamWritabilityChanged(isWritable)
    }

    /// The connection failed under the exchange.
    func connectionFailed(_ error: UpstreamError, wasReused: Bool) {
        if case .sending = self.state, wasReused, self.isReplayable, self.attempts == 1,
            error.code == .closedEarly
        {
            self.state = .created
            self.lease(fresh: true)
        } else {
            self.fail(error)
        }
    }

    // MARK: Inside

    private var isReplayable: Bool {
        switch self.body {
        case .none, .bytes: return true
        case .stream: return false
        }
    }

    private func lease(fresh: Bool) {
        self.attempts += 1
        self.state = .waiting
        self.timer.stage(.connect, in: self.pool.peer.timeouts.connect)
        self.pool.lease(self, fresh: fresh)
    }

    /// Something came: the peer is not stalling until more is asked for.
    private func paused() {
        self.isDemanding = false
        self.timer.clearStage()
    }

    private func expired(_ expiry: StageTimer<Stage>.Expiry) {
        switch (expiry, self.state) {
        case (_, .finished), (_, .created):
            return
        case (.stage(.connect), .waiting):
            let error = self.pool.whyWaiting()
            self.pool.cancel(self)
            self.fail(error)
        case (.stage(.firstByte), _):
            self.give(up: UpstreamError(.firstByteTimeout))
        case (.stage(.idle), _):
            self.give(up: UpstreamError(.idleTimeout))
        case (.stage(.connect), _):
            return
        case (.total, _):
            self.give(up: UpstreamError(.totalTimeout))
        }
    }

    private func give(up error: UpstreamError) {
        let delegate = self.delegate
        self.cancel()
        delegate?.upstreamFailed(error)
    }

    private func fail(_ error: UpstreamError) {
        if case .finished = self.state { return }
        let delegate = self.delegate
        self.finish()
        delegate?.upstreamFailed(error)
    }

    private func finish() {
        if case .finished = self.state { return }
        self.state = .finished
        self.finishedAt = .now()
        self.early = []
        self.timer.stop()
    }
}

@available(*, unavailable)
extension UpstreamExchange: Sendable {}

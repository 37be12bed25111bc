package import NIOCore
import NIOTLS

/// Speaks TLS on a channel: ciphertext on the side of the socket, plaintext on the side of the application.
///
/// Place it first in the pipeline, one for each channel.
///
/// **Handshake.** It begins as soon as the channel is active. When it is complete,
/// `TLSUserEvent.handshakeCompleted(negotiatedProtocol:)` is fired, before any data. Writes wait for it. A peer that takes too
/// long is cut off with `TLSError.handshakeTimedOut`.
///
/// **Back-pressure.** Plaintext is handed on only after the application asked with `read()`; what came early, in the
/// same packet as the end of the handshake for instance, waits as ciphertext. Each buffer of the socket becomes at most
/// one buffer of plaintext. The handler reads on its own account only for the handshake, for the rest of a record, and
/// for the peer's close_notify. Writes pass at once, so the writability of the channel is that of the socket.
///
/// **End.** `close()` sends close_notify, waits `shutdownTimeout` for the peer's, longer where `stallTimeout` allows it,
/// and closes. `close(mode: .output)` sends close_notify and goes on reading. The peer's close_notify is an end of
/// input: on a channel that allows remote half-closure it becomes `ChannelEvent.inputClosed`, on others the channel is
/// closed. An end without it after data had come is `TLSError.truncated`; whether that matters is for the protocol above
/// to judge by its own framing.
///
/// **Errors** go through `errorCaught` as `TLSError`, once; the channel is then closed, after the alert was sent.
package final class TLSHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    enum State {
        /// The channel is not active yet. Next: handshaking.
        case idle
        /// Next: active, or closed when it fails.
        case handshaking
        /// Data may flow. Next: closing, or closed.
        case active
        /// Our close_notify is sent and the peer's awaited; what else it sends is dropped. Next: closed.
        case closing
        /// Nothing more is done.
        case closed
    }

    /// More than this much ciphertext in one buffer is handed on before more is encrypted, so that a large write
    /// does not need one large piece of memory.
    static let ciphertextBatch = 128 << 10
    /// What a peer may make us answer while it reads nothing: key updates, refused renegotiations.
    static let unreadAnswerLimit = 16 << 10
    /// What a peer may send to a connection that is being closed and pass for one that reads: it acknowledges what it takes in few
    /// bytes. By one that sends more, reading is not proved.
    static let acknowledgementLimit = 64 << 10
    /// What may still be on its way when the connection is closed, such as bodies that nobody waits for. A peer that sends more is not
    /// waited for either, whatever it takes meanwhile.
    static let lateLimit = 2 << 20

    let connection: TLSConnection
    let handshakeTimeout: TimeAmount
    let shutdownTimeout: TimeAmount
    /// How long a peer may take nothing of what was written before `close()`. As long as it takes some, `close()` waits past
    /// `shutdownTimeout`; once all has gone out it still does for a peer that acknowledges, for that long at the most. Zero
    /// waits for neither.
    package var stallTimeout = TimeAmount.zero
    /// Whether `close()` sends no close_notify and waits for nothing, so that the peer cannot take the end of the connection for the
    /// end of what it was sent.
    package var closesWithoutNotice = false
    /// Whether the peer has said anything at all.
    package internal(set) var hasHeardPeer = false

    var state = State.idle
    /// The peer's close_notify, or the end of its stream, was seen.
    var isInputClosed = false
    /// Our close_notify was sent by a half-close.
    var isOutputClosed = false
    /// The application asked for data and has not been given any since.
    var isReadRequested = false
    /// Data was handed on since the last `channelReadComplete`.
    var hasDeliveredInCycle = false
    /// Data was ever handed on.
    var hasReceivedData = false
    /// Bytes of protocol answers written while the socket takes none.
    var unreadAnswers = 0
    var timer: Scheduled<Void>?

    var writes = MarkedCircularBuffer<PendingWrite>(initialCapacity: 4)
    var isEncrypting = false
    /// A half-close that was asked for before the handshake was complete.
    var isOutputCloseRequested = false
    var outputClosePromise: EventLoopPromise<Void>?
    /// Settled by the close that follows `closing`.
    var closePromise: EventLoopPromise<Void>?
    /// While closing: bytes that had not gone out when last some went out, and when that was.
    var leftover = (bytes: 0, since: NIODeadline.uptimeNanoseconds(0))
    /// While closing: bytes of the peer's that were dropped, now and when last looked at.
    var dropped = (now: 0, before: 0)
    /// What ended the connection, for writes that come later.
    var failure: TLSError?

    /// What was agreed on in the handshake; nil before it is complete. To be read on the channel's event loop.
    package private(set) var session: TLSSession?

    /// Makes the handler of one channel.
    ///
    /// - Parameters:
    ///   - context: a server's or a client's.
    ///   - serverName: for a client, the host name or IP address the server's certificate must be for; where it is
    ///     nil the context's own is used. Without meaning for a server.
    ///   - handshakeTimeout: how long the handshake may take from the moment the channel is active.
    ///   - shutdownTimeout: how long `close()` waits for the peer's close_notify, and how often it looks where it waits longer.
    /// - Throws: `TLSError.invalidServerName`, `.missingServerName`, or `.library` where memory is short.
    package init(
        context: TLSContext,
        serverName: String? = nil,
        handshakeTimeout: TimeAmount = .seconds(10),
        shutdownTimeout: TimeAmount = .seconds(2)
    ) throws(TLSError) {
        var name = context.serverName
        if context.role == .client, let serverName { name = try ServerName(serverName) }
        self.connection = try TLSConnection(context: context, serverName: name)
        self.handshakeTimeout = handshakeTimeout
        self.shutdownTimeout = shutdownTimeout
    }

    // MARK: Beginning

    package func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.begin(context) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.state = .closed
        self.cancelTimer()
        self.failPendingWrites()
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard self.state == .idle else { return }
        self.state = .handshaking
        self.schedule(in: self.handshakeTimeout, context) { handler, context in
            handler.fail(context, .handshakeTimedOut(after: handler.handshakeTimeout))
        }
        self.advanceHandshake(context)
        // With automatic reading off nobody else asks for the peer's part of the handshake.
        if self.state == .handshaking { context.read() }
    }

    func advanceHandshake(_ context: ChannelHandlerContext) {
        switch self.connection.handshake() {
        case .incomplete:
            self.sendCiphertext(context)
        case .failed(let error):
            self.fail(context, error)
        case .complete:
            self.sendCiphertext(context)
            self.cancelTimer()
            self.state = .active
            let session = self.connection.session
            self.session = session
            context.fireUserInboundEventTriggered(
                TLSUserEvent.handshakeCompleted(negotiatedProtocol: session.applicationProtocol)
            )
            // Whoever heard the event may have closed the channel.
            self.encryptFlushedWrites(context)
            if self.isOutputCloseRequested { self.closeOutput(context, promise: self.outputClosePromise) }
            self.deliver(context)
        }
    }

    // MARK: Timer

    /// Only one wait is ever under way: for the handshake or for the peer's close_notify.
    func schedule(
        in delay: TimeAmount,
        _ context: ChannelHandlerContext,
        _ action: @escaping (TLSHandler, ChannelHandlerContext) -> Void
    ) {
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            self.timer = nil
            action(self, context)
        }
    }

    func cancelTimer() {
        self.timer?.cancel()
        self.timer = nil
    }
}

@available(*, unavailable)
extension TLSHandler: Sendable {}

package import NIOCore
import NIOTLS

extension TLSHandler {
    package func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .input:
            // There is no way to tell a peer to stop sending, and the protocol's own records must still be read.
            promise?.fail(ChannelError.operationUnsupported)
        case .output:
            self.closeOutput(context, promise: promise)
        case .all:
            self.closeAll(context, promise: promise)
        }
    }

    // MARK: Half-close

    func closeOutput(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        switch self.state {
        case .idle, .handshaking:
            // What was flushed before must go out first, and it waits for the handshake.
            if self.isOutputCloseRequested {
                promise?.fail(ChannelError.outputClosed)
            } else {
                self.isOutputCloseRequested = true
                self.outputClosePromise = promise
            }
        case .active where !self.isOutputClosed:
            self.isOutputClosed = true
            self.isOutputCloseRequested = false
            self.outputClosePromise = nil
            self.failUnflushedWrites()
            if self.isInputClosed {
                self.beginClosing(context, promise: promise)
            } else {
                self.connection.sendCloseNotify()
                self.sendCiphertext(context)
                context.close(mode: .output, promise: promise)
            }
        case .active, .closing, .closed:
            promise?.fail(ChannelError.outputClosed)
        }
    }

    private func failUnflushedWrites() {
        while let write = self.writes.popFirst() {
            write.promise?.fail(ChannelError.outputClosed)
        }
    }

    // MARK: Full close

    private func closeAll(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        switch self.state {
        case .idle, .handshaking:
            self.closeAtOnce(context, promise: promise)
        case .active:
            if self.closesWithoutNotice {
                self.closeAtOnce(context, promise: promise)
            } else {
                self.beginClosing(context, promise: promise)
            }
        case .closing:
            if let own = self.closePromise {
                own.futureResult.cascade(to: promise)
            } else {
                self.closePromise = promise
            }
        case .closed:
            context.close(mode: .all, promise: promise)
        }
    }

    private func closeAtOnce(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        self.state = .closed
        self.cancelTimer()
        self.failPendingWrites()
        context.close(mode: .all, promise: promise)
    }

    /// Sends our close_notify and closes the channel as soon as the peer's is there.
    func beginClosing(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        self.state = .closing
        self.closePromise = promise
        self.failPendingWrites()
        self.connection.sendCloseNotify()
        self.sendCiphertext(context)
        guard self.state == .closing else { return }
        if self.isInputClosed {
            self.finishClosing(context)
            return
        }
        // The peer may be slow to answer or never do; what it sends until then is dropped. Closing at once would make
        // the kernel answer its data with a reset, which can destroy our last bytes on their way.
        self.leftover = (self.unsentBytes(context), context.eventLoop.now)
        self.awaitPeer(context)
        self.awaitCloseNotify(context)
        if self.state == .closing { context.read() }
    }

    /// Closes after `shutdownTimeout`, unless the peer is still at what it was sent; then it has as long again.
    private func awaitPeer(_ context: ChannelHandlerContext) {
        self.schedule(in: self.shutdownTimeout, context) { handler, context in
            if handler.isPeerTaking(context) {
                handler.awaitPeer(context)
            } else {
                handler.finishClosing(context)
            }
        }
    }

    private func isPeerTaking(_ context: ChannelHandlerContext) -> Bool {
        let bytes = self.unsentBytes(context)
        let hasTaken = bytes < self.leftover.bytes
        if hasTaken { self.leftover = (bytes, context.eventLoop.now) }
        // What the kernel holds is not known here, but a peer that acknowledges has not come to the end of it.
        let hasAcknowledged = self.dropped.now > self.dropped.before && self.dropped.now <= Self.acknowledgementLimit
        self.dropped.before = self.dropped.now
        guard self.dropped.now <= Self.lateLimit, bytes > 0 || hasTaken || hasAcknowledged else { return false }
        return context.eventLoop.now - self.leftover.since < self.stallTimeout
    }

    /// Bytes that were written and that the kernel has not taken.
    private func unsentBytes(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    func awaitCloseNotify(_ context: ChannelHandlerContext) {
        var late = ByteBuffer()
        while true {
            switch self.connection.read(into: &late) {
            case .plaintext(let bytes):
                self.dropped.now += bytes
                late.clear()
            case .incomplete:
                return
            case .closed:
                self.isInputClosed = true
                self.finishClosing(context)
                return
            case .failed:
                self.finishClosing(context)
                return
            }
        }
    }

    func finishClosing(_ context: ChannelHandlerContext) {
        guard self.state == .closing else { return }
        self.state = .closed
        self.cancelTimer()
        if self.isInputClosed { context.fireUserInboundEventTriggered(TLSUserEvent.shutdownCompleted) }
        let promise = self.closePromise
        self.closePromise = nil
        context.close(mode: .all, promise: promise)
    }

    // MARK: Failure

    /// Sends the alert, if there is one, tells the application, and closes the channel.
    func fail(_ context: ChannelHandlerContext, _ error: TLSError) {
        guard self.state != .closed else { return }
        self.state = .closed
        self.failure = error
        self.cancelTimer()
        self.sendCiphertext(context)
        context.fireErrorCaught(error)
        self.failPendingWrites()
        let promise = self.closePromise
        self.closePromise = nil
        context.close(mode: .all, promise: promise)
    }
}

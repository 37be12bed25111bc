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
            self.state = .closed
            self.cancelTimer()
            self.failPendingWrites()
            context.close(mode: .all, promise: promise)
        case .active:
            self.beginClosing(context, promise: promise)
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
        self.schedule(in: self.shutdownTimeout, context) { handler, context in
            handler.finishClosing(context)
        }
        self.awaitCloseNotify(context)
        if self.state == .closing { context.read() }
    }

    func awaitCloseNotify(_ context: ChannelHandlerContext) {
        var dropped = ByteBuffer()
        while true {
            switch self.connection.read(into: &dropped) {
            case .plaintext:
                dropped.clear()
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

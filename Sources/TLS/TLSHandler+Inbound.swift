package import NIOCore
import NIOTLS

extension TLSHandler {
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let ciphertext = self.unwrapInboundIn(data)
        switch self.state {
        case .handshaking:
            self.hasHeardPeer = true
            self.connection.receive(ciphertext)
            self.advanceHandshake(context)
        case .active:
            self.connection.receive(ciphertext)
            self.deliver(context)
        case .closing:
            self.connection.receive(ciphertext)
            self.awaitCloseNotify(context)
        case .idle, .closed:
            break
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        if self.hasDeliveredInCycle {
            self.hasDeliveredInCycle = false
            self.isReadRequested = false
        }
        context.fireChannelReadComplete()
        switch self.state {
        case .handshaking, .closing:
            context.read()
        case .active where self.isReadRequested:
            // What came was no whole record: the application's request is still open.
            context.read()
        case .idle, .active, .closed:
            break
        }
    }

    package func read(context: ChannelHandlerContext) {
        self.isReadRequested = true
        if self.state == .active, self.connection.unreadCiphertextBytes > 0 {
            self.deliver(context)
            self.completeCycle(context)
        }
        // Passed on even if the request was met from what waited here: a channel that reads by itself asks only at
        // the end of its own reads, and would never ask again. What that brings waits here in turn, one buffer at most.
        context.read()
    }

    /// Decrypts what is at hand and hands it on, if it was asked for or if there will be no other occasion.
    func deliver(_ context: ChannelHandlerContext, atEnd: Bool = false) {
        guard self.state == .active, !self.isInputClosed, self.isReadRequested || atEnd else { return }
        var plaintext = context.channel.allocator.buffer(capacity: self.connection.unreadCiphertextBytes)
        var end: TLSConnection.Reading
        repeat {
            end = self.connection.read(into: &plaintext)
            // Asking once more only to hear that there is nothing costs as much as half a record.
        } while end.isPlaintext && self.connection.hasUnfinishedInput
        self.sendAnswers(context)
        if plaintext.readableBytes > 0 {
            self.hasReceivedData = true
            self.hasDeliveredInCycle = true
            context.fireChannelRead(self.wrapInboundOut(plaintext))
        }
        switch end {
        case .plaintext, .incomplete:
            // The next channelReadComplete ends the cycle, or there is none where the channel has ended.
            if atEnd { self.completeCycle(context) }
        case .closed:
            self.completeCycle(context)
            self.receivedCloseNotify(context)
        case .failed(let error):
            self.completeCycle(context)
            self.fail(context, error)
        }
    }

    /// Ends the delivery before the end of input is told. Many handlers flush their answers on this event, and those to
    /// the last data must go out before anybody closes on account of the end.
    private func completeCycle(_ context: ChannelHandlerContext) {
        guard self.hasDeliveredInCycle else { return }
        self.hasDeliveredInCycle = false
        self.isReadRequested = false
        context.fireChannelReadComplete()
    }

    /// Sends what reading made OpenSSL write, unless the peer lets it pile up.
    private func sendAnswers(_ context: ChannelHandlerContext) {
        let bytes = self.connection.unsentCiphertextBytes
        guard bytes > 0 else { return }
        self.unreadAnswers = context.channel.isWritable ? 0 : self.unreadAnswers + bytes
        if self.unreadAnswers > Self.unreadAnswerLimit {
            self.fail(context, .unreadAnswers(bytes: self.unreadAnswers))
        } else {
            self.sendCiphertext(context)
        }
    }

    // MARK: End of input

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        switch self.state {
        case .idle, .closed:
            context.fireUserInboundEventTriggered(event)
        case .handshaking:
            self.fail(context, .closedDuringHandshake)
        case .closing:
            self.finishClosing(context)
        case .active:
            self.deliver(context, atEnd: true)
            // After close_notify the event was fired already.
            guard self.state == .active, !self.isInputClosed else { return }
            self.isInputClosed = true
            if self.isTruncated { context.fireErrorCaught(TLSError.truncated) }
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        switch self.state {
        case .handshaking:
            self.failure = .closedDuringHandshake
            context.fireErrorCaught(TLSError.closedDuringHandshake)
        case .active:
            self.deliver(context, atEnd: true)
            if !self.isInputClosed, self.isTruncated, self.state == .active {
                self.failure = .truncated
                context.fireErrorCaught(TLSError.truncated)
            }
        case .idle, .closing, .closed:
            break
        }
        self.state = .closed
        self.cancelTimer()
        self.failPendingWrites()
        self.closePromise?.succeed()
        self.closePromise = nil
        context.fireChannelInactive()
    }

    /// The end came without close_notify, and something was under way.
    private var isTruncated: Bool {
        self.hasReceivedData || self.connection.hasUnfinishedInput
    }

    private func receivedCloseNotify(_ context: ChannelHandlerContext) {
        guard self.state == .active, !self.isInputClosed else { return }
        self.isInputClosed = true
        let allowsHalfClosure = try? context.channel.syncOptions?.getOption(.allowRemoteHalfClosure)
        if allowsHalfClosure ?? false, !self.isOutputClosed {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            self.beginClosing(context, promise: nil)
        }
    }
}

extension TLSConnection.Reading {
    /// Whether there may be more at hand.
    fileprivate var isPlaintext: Bool {
        if case .plaintext = self { true } else { false }
    }
}

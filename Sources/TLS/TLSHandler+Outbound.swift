package import NIOCore

/// Plaintext that waits for the handshake or for a flush.
struct PendingWrite {
    var plaintext: ByteBuffer
    var promise: EventLoopPromise<Void>?
}

extension TLSHandler {
    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if self.state == .closed || self.state == .closing {
            promise?.fail(self.failure ?? ChannelError.ioOnClosedChannel)
        } else if self.isOutputClosed || self.isOutputCloseRequested {
            promise?.fail(ChannelError.outputClosed)
        } else {
            self.writes.append(PendingWrite(plaintext: self.unwrapOutboundIn(data), promise: promise))
        }
    }

    package func flush(context: ChannelHandlerContext) {
        self.writes.mark()
        self.encryptFlushedWrites(context)
    }

    /// Encrypts everything up to the last flush and sends it.
    ///
    /// A promise or a change of writability may lead back here from within; then the loop that is under way goes on
    /// with what was added, as a second one would mix up the order.
    func encryptFlushedWrites(_ context: ChannelHandlerContext) {
        guard !self.isEncrypting else { return }
        self.isEncrypting = true
        defer { self.isEncrypting = false }
        while self.state == .active, self.writes.hasMark {
            self.encryptToMark(context)
            if self.state == .active { context.flush() }
        }
    }

    private func encryptToMark(_ context: ChannelHandlerContext) {
        // Of the writes that are encrypted but not passed on.
        var promise: EventLoopPromise<Void>?
        while self.state == .active, self.writes.hasMark, !self.writes.isEmpty {
            var next = self.writes.removeFirst()
            promise.join(next.promise)
            self.gatherSmallWrites(into: &next, &promise)
            self.encrypt(next.plaintext, context)
            if self.connection.unsentCiphertextBytes >= Self.ciphertextBatch {
                self.writeCiphertext(context, promise: promise)
                promise = nil
            }
        }
        if self.state == .active {
            self.writeCiphertext(context, promise: promise)
        } else {
            promise?.fail(self.failure ?? ChannelError.ioOnClosedChannel)
        }
    }

    /// Encrypts in batches and passes on all but the last, which stays for the promise.
    private func encrypt(_ plaintext: ByteBuffer, _ context: ChannelHandlerContext) {
        var rest = plaintext
        while self.state == .active, let slice = rest.readSlice(upTo: Self.ciphertextBatch) {
            switch slice.withUnsafeReadableBytes(self.connection.write) {
            case .complete:
                break
            case .incomplete:
                self.fail(context, .protocolViolation(reason: "a write wants to be answered first"))
            case .failed(let error):
                self.fail(context, error)
            }
            if rest.readableBytes > 0, self.connection.unsentCiphertextBytes >= Self.ciphertextBatch {
                self.writeCiphertext(context, promise: nil)
            }
        }
    }

    /// Small writes that follow each other go into one record: the head, a chunk and the end of an HTTP message are
    /// often less than a hundred bytes each, and every record costs some 30 bytes and an encryption of its own.
    private func gatherSmallWrites(into write: inout PendingWrite, _ promise: inout EventLoopPromise<Void>?) {
        while self.writes.hasMark, let next = self.writes.first,
            write.plaintext.readableBytes + next.plaintext.readableBytes <= TLSConnection.recordLimit
        {
            write.plaintext.writeImmutableBuffer(next.plaintext)
            promise.join(next.promise)
            _ = self.writes.removeFirst()
        }
    }

    /// Passes on the ciphertext that waits; `promise` is kept even where there is none.
    private func writeCiphertext(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        if let ciphertext = self.connection.takeCiphertext() {
            context.write(self.wrapOutboundOut(ciphertext), promise: promise)
        } else if promise != nil {
            context.write(self.wrapOutboundOut(ByteBuffer()), promise: promise)
        }
    }

    /// Sends the ciphertext that OpenSSL wrote of its own: handshake, alerts, answers.
    func sendCiphertext(_ context: ChannelHandlerContext) {
        guard let ciphertext = self.connection.takeCiphertext() else { return }
        context.writeAndFlush(self.wrapOutboundOut(ciphertext), promise: nil)
    }

    func failPendingWrites() {
        let error: any Error = self.failure ?? ChannelError.ioOnClosedChannel
        while let write = self.writes.popFirst() {
            write.promise?.fail(error)
        }
        self.outputClosePromise?.fail(error)
        self.outputClosePromise = nil
        self.isOutputCloseRequested = false
    }
}

extension ByteBuffer {
    /// Takes at most `limit` bytes off the front; nil if nothing is left.
    fileprivate mutating func readSlice(upTo limit: Int) -> ByteBuffer? {
        guard self.readableBytes > 0 else { return nil }
        return self.readSlice(length: min(limit, self.readableBytes))
    }
}

extension EventLoopPromise<Void>? {
    /// Makes `other` share this promise's fate.
    fileprivate mutating func join(_ other: EventLoopPromise<Void>?) {
        guard let other else { return }
        if let own = self {
            own.futureResult.cascade(to: other)
        } else {
            self = other
        }
    }
}

import NIOCore
import NIOHTTP1

/// Replies that the filter makes as it goes.
extension ProxySession {
    /// Sends a streamed reply, each chunk when the client has room for it. The head goes out with the first chunk, so
    /// that a reply which fails before it said anything can still become a clean error.
    func stream(_ head: HTTPResponseHead, _ chunks: AsyncThrowingStream<ByteBuffer, any Error>, closes: Bool) {
        let eventLoop = self.eventLoop
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        self.task = Task {
            do {
                for try await chunk in chunks {
                    let taken = eventLoop.makePromise(of: Bool.self)
                    eventLoop.execute { session.value.sendReply(chunk, head, closes: closes, taken) }
                    guard try await taken.futureResult.get() else { return }
                }
                // A cancelled stream ends without an error; whoever cancelled it has ended the exchange.
                guard !Task.isCancelled else { return }
                eventLoop.execute { session.value.endReply(head, closes: closes) }
            } catch {
                let error = error as? ProxyError ?? .replyFailed
                eventLoop.execute { session.value.fail(error) }
            }
        }
    }

    /// - Parameter taken: succeeds with true when there is room for the next chunk, with false when nobody wants it.
    private func sendReply(_ chunk: ByteBuffer, _ head: HTTPResponseHead, closes: Bool, _ taken: EventLoopPromise<Bool>)
    {
        guard self.machine.isReplying else { return taken.succeed(false) }
        if !self.machine.hasSentHead {
            self.sendHead(head, length: nil, closes: closes)
        }
        self.sendBody(chunk)
        self.flush()
        if self.isWritable {
            taken.succeed(true)
        } else {
            self.replyPromise = taken
        }
    }

    private func endReply(_ head: HTTPResponseHead, closes: Bool) {
        guard self.machine.isReplying else { return }
        if !self.machine.hasSentHead {
            self.sendHead(head, length: 0, closes: closes)
        }
        self.end()
    }
}

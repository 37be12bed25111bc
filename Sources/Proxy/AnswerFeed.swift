import NIOCore

/// Hands an answer to the filter as it comes, up to a limit.
///
/// The limit bounds what waits when the filter is slower than the upstream; the whole answer counts.
struct AnswerFeed {
    let limit: Int
    let chunks: AsyncThrowingStream<ByteBuffer, any Error>
    private let continuation: AsyncThrowingStream<ByteBuffer, any Error>.Continuation
    private var received = 0

    init(limit: Int) {
        self.limit = limit
        (self.chunks, self.continuation) = AsyncThrowingStream.makeStream()
    }

    /// - Returns: false if the answer is too long.
    mutating func send(_ chunk: ByteBuffer) -> Bool {
        guard chunk.readableBytes <= self.limit - self.received else { return false }
        self.received += chunk.readableBytes
        self.continuation.yield(chunk)
        return true
    }

    func end(_ error: ProxyError? = nil) {
        self.continuation.finish(throwing: error)
    }
}

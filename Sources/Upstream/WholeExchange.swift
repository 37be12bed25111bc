package import NIOCore
package import NIOHTTP1

/// One request to an upstream whose answer is gathered whole: for what the gateway asks on its own account.
package enum WholeExchange {
    /// Called on the cluster's event loop.
    ///
    /// - Parameter limit: bytes of the answer's body that are kept; the rest is read and dropped.
    /// - Returns: the answer, or `UpstreamError` as the future's error.
    package static func run(
        _ head: HTTPRequestHead,
        body: UpstreamBody,
        on cluster: UpstreamCluster,
        limit: Int = 64 << 10
    ) -> EventLoopFuture<(head: HTTPResponseHead, body: ByteBuffer)> {
        let promise = cluster.eventLoop.makePromise(of: (head: HTTPResponseHead, body: ByteBuffer).self)
        Gathering(limit: limit, promise: promise).start(head, body, on: cluster)
        return promise.futureResult
    }
}

/// Keeps itself alive until the exchange is over.
private final class Gathering: UpstreamExchangeDelegate {
    private let limit: Int
    private let promise: EventLoopPromise<(head: HTTPResponseHead, body: ByteBuffer)>
    private var exchange: UpstreamExchange?
    private var itself: Gathering?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    init(limit: Int, promise: EventLoopPromise<(head: HTTPResponseHead, body: ByteBuffer)>) {
        self.limit = limit
        self.promise = promise
    }

    func start(_ head: HTTPRequestHead, _ body: UpstreamBody, on cluster: UpstreamCluster) {
        let exchange = UpstreamExchange(cluster: cluster, head: head, body: body, delegate: self)
        self.exchange = exchange
        self.itself = self
        exchange.start()
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {}

    func upstreamAnswered(_ head: HTTPResponseHead) {
        self.head = head
        self.exchange?.demand()
    }

    func upstreamSent(_ chunk: ByteBuffer) {
        var chunk = chunk
        if let part = chunk.readSlice(length: min(chunk.readableBytes, self.limit - self.body.readableBytes)) {
            self.body.writeImmutableBuffer(part)
        }
    }

    func upstreamReadCompleted() { self.exchange?.demand() }

    func upstreamFinished() {
        if let head = self.head { self.promise.succeed((head, self.body)) }
        self.itself = nil
    }

    func upstreamFailed(_ error: UpstreamError) {
        self.promise.fail(error)
        self.itself = nil
    }
}

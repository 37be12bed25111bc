package import Logging
package import NIOCore
import NIOHTTP1

/// Asks each server of an upstream for one page, to see whether it can be reached and answers.
package enum ServerTrial {
    /// - Parameter path: asked for with GET.
    /// - Returns: for each server the status of its answer, or why there was none.
    package static func run(
        _ upstream: UpstreamServers,
        path: String,
        timeout: TimeAmount,
        eventLoop: any EventLoop,
        logger: Logger
    ) -> EventLoopFuture<[Result<Int, UpstreamError>]> {
        let answers = upstream.servers.map { server in
            var peer = server.peer
            peer.timeouts.connect = timeout
            peer.timeouts.firstByte = timeout
            peer.timeouts.total = timeout
            let promise = eventLoop.makePromise(of: Result<Int, UpstreamError>.self)
            eventLoop.execute { [peer] in
                let cluster = UpstreamCluster(UpstreamServers(peer), eventLoop: eventLoop, logger: logger)
                Trial(cluster: cluster, path: path, promise: promise).start()
            }
            return promise.futureResult
        }
        return EventLoopFuture.whenAllSucceed(answers, on: eventLoop)
    }
}

/// One request. It keeps itself alive until it has an answer.
private final class Trial: UpstreamExchangeDelegate {
    private let cluster: UpstreamCluster
    private let path: String
    private let promise: EventLoopPromise<Result<Int, UpstreamError>>
    private var exchange: UpstreamExchange?
    private var itself: Trial?

    init(cluster: UpstreamCluster, path: String, promise: EventLoopPromise<Result<Int, UpstreamError>>) {
        self.cluster = cluster
        self.path = path
        self.promise = promise
    }

    func start() {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: self.path,
            headers: ["user-agent": "guardian", "accept": "*/*"]
        )
        let exchange = UpstreamExchange(cluster: self.cluster, head: head, body: .none, delegate: self)
        self.exchange = exchange
        self.itself = self
        exchange.start()
    }

    private func end(_ result: Result<Int, UpstreamError>) {
        guard let itself = self.itself else { return }
        self.itself = nil
        itself.promise.succeed(result)
        itself.exchange?.cancel()
        itself.cluster.shutDown()
    }

    func upstreamWritabilityChanged(_ isWritable: Bool) {}

    // The rest of the answer is of no interest.
    func upstreamAnswered(_ head: HTTPResponseHead) { self.end(.success(Int(head.status.code))) }

    func upstreamSent(_ chunk: ByteBuffer) {}

    func upstreamReadCompleted() {}

    func upstreamFinished() {}

    func upstreamFailed(_ error: UpstreamError) { self.end(.failure(error)) }
}

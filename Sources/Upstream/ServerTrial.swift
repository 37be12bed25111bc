package import Logging
package import NIOCore
import NIOHTTP1

/// Asks each server of an upstream for one page, to see whether it can be reached and answers.
package enum ServerTrial {
    package struct Answer: Sendable, Equatable {
        package var status: Int
        /// Its `Date` field, as it came.
        package var date: String?
    }

    /// - Parameter path: asked for with GET.
    /// - Returns: for each server its answer, or why there was none.
    package static func run(
        _ upstream: UpstreamServers,
        path: String,
        timeout: TimeAmount,
        eventLoop: any EventLoop,
        logger: Logger
    ) -> EventLoopFuture<[Result<Answer, UpstreamError>]> {
        let answers = upstream.servers.map { server in
            var peer = server.peer
            peer.timeouts.connect = timeout
            peer.timeouts.firstByte = timeout
            peer.timeouts.total = timeout
            return eventLoop.flatSubmit { [peer] in
                let cluster = UpstreamCluster(UpstreamServers(peer), eventLoop: eventLoop, logger: logger)
                let bound = NIOLoopBound(cluster, eventLoop: eventLoop)
                let head = HTTPRequestHead(
                    version: .http1_1,
                    method: .GET,
                    uri: path,
                    headers: ["user-agent": "guardian", "accept": "*/*"]
                )
                return WholeExchange.run(head, body: .none, on: cluster, limit: 0)
                    .map { exchange in
                        let date = exchange.head.headers.first(name: "date")
                        return Result<Answer, UpstreamError>.success(
                            Answer(status: Int(exchange.head.status.code), date: date)
                        )
                    }
                    .flatMapErrorThrowing { error in
                        .failure(error as? UpstreamError ?? UpstreamError(.unreachable, detail: "\(error)"))
                    }
                    .always { _ in bound.value.shutDown() }
            }
        }
        return EventLoopFuture.whenAllSucceed(answers, on: eventLoop)
    }
}

import NIOCore
import NIOHTTP1
import NIOPosix

/// Reads the metrics of a gateway, as whoever watches it does.
struct MetricsReader: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let group: any EventLoopGroup
    /// Of the admin listener, on loopback.
    let port: Int

    /// - Returns: the exposition.
    func read() async throws -> String {
        let answer = group.next().makePromise(of: String.self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(MetricsCollector(answer))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
        } catch {
            answer.fail(error)
            throw error
        }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .GET,
            uri: "/metrics",
            headers: ["host": "127.0.0.1:\(port)", "connection": "close"]
        )
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        let text = try await answer.futureResult.get()
        guard text.contains("guardian_requests_total") else { throw Failure(description: "there are no metrics") }
        return text
    }
}

private final class MetricsCollector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<String>
    private var text = ""

    init(_ answer: EventLoopPromise<String>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head: break
        case .body(let part): text += String(buffer: part)
        case .end:
            answer.succeed(text)
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension MetricsCollector: Sendable {}

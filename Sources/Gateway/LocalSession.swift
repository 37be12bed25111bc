import NIOCore
import NIOHTTP1
import Proxy

/// A session that answers from the head alone and never asks an upstream.
final class LocalSession: FilterSession {
    private let reply: LocalReply

    init(reply: LocalReply) { self.reply = reply }

    func begin() -> RequestStart { .reply(reply) }
    func request(body: ByteBuffer) async -> RequestOutcome { .reply(reply) }
    func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment { .pass }
    func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
        .forward(head: head, body: body)
    }
    func observe(_ chunk: ByteBuffer) {}
    func finish(_ summary: ExchangeSummary) {}
}

import Dispatch
import NIOCore
import NIOHTTP1
import Proxy

/// A request to the admin listener that is answered from its body, off the event loop: what is asked of a database may take.
final class AdminSession: FilterSession {
    /// Where answers are made, one after the other. The proxy has small requests decided about on the event loop, which carries
    /// other connections, too.
    private static let queue = DispatchQueue(label: "guardian.admin")

    private let limit: Int
    private let answer: @Sendable ([UInt8]) -> LocalReply

    /// - Parameter limit: bytes that the body may have.
    init(limit: Int = 64 << 10, answer: @escaping @Sendable ([UInt8]) -> LocalReply) {
        self.limit = limit
        self.answer = answer
    }

    func begin() -> RequestStart { .inspect(limit: limit) }

    func request(body: ByteBuffer) async -> RequestOutcome {
        let bytes = Array(body.readableBytesView)
        return await withCheckedContinuation { continuation in
            Self.queue.async { [answer] in continuation.resume(returning: .reply(answer(bytes))) }
        }
    }

    func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment { .pass }
    func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
        .forward(head: head, body: body)
    }
    func observe(_ chunk: ByteBuffer) {}
    func finish(_ summary: ExchangeSummary) {}
}

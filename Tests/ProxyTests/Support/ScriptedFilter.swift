import NIOCore
import NIOHTTP1
import Synchronization

@testable import Proxy

/// A filter whose every decision is given as a closure. The defaults let everything pass as it comes.
final class ScriptedFilter: ProxyFilter {
    struct Script: Sendable {
        var begin: @Sendable (HTTPRequestHead) -> RequestStart = { .pass(headers: $0.headers) }
        var request: @Sendable (HTTPRequestHead, ByteBuffer) async -> RequestOutcome = {
            .forward(headers: $0.headers, body: $1)
        }
        var responseHead: @Sendable (inout HTTPResponseHead) -> ResponseTreatment = { _ in .pass }
        var response: @Sendable (HTTPResponseHead, ByteBuffer) async -> ResponseOutcome = {
            .forward(head: $0, body: $1)
        }
        var window: @Sendable (HTTPResponseHead, AsyncThrowingStream<ByteBuffer, any Error>) async -> ResponseOutcome =
            {
                head,
                _ in .forward(head: head, body: ByteBuffer())
            }
        var failure: @Sendable (ProxyError) -> LocalReply? = { _ in nil }
    }

    struct Seen: Sendable {
        var heads: [HTTPRequestHead] = []
        var clients: [SocketAddress?] = []
        var peers: [SocketAddress?] = []
        /// Whether each client showed a certificate.
        var certificates: [Bool] = []
        var observed = ""
        /// Answers of which the rest is not observed.
        var unobserved = 0
        var summaries: [ExchangeSummary] = []
    }

    let script: Script
    let seen = Mutex(Seen())

    init(_ script: Script = Script()) {
        self.script = script
    }

    static func inspecting(limit: Int = 10 * 1024 * 1024, hold: Int? = nil) -> Script {
        var script = Script()
        script.begin = { _ in .inspect(limit: limit) }
        if let hold { script.responseHead = { _ in .hold(limit: hold) } }
        return script
    }

    /// Answers every request with a body of so many bytes, without the upstream.
    static func replying(bytes: Int) -> Script {
        var script = Script()
        let reply = LocalReply(status: .ok, headers: [:], body: .bytes(ByteBuffer(repeating: 0x61, count: bytes)))
        script.begin = { _ in .reply(reply) }
        return script
    }

    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession {
        self.seen.withLock {
            $0.heads.append(head)
            $0.clients.append(client.address)
            $0.peers.append(client.peer)
            $0.certificates.append(client.hasCertificate)
        }
        return Session(filter: self, head: head)
    }

    var heads: [HTTPRequestHead] { self.seen.withLock { $0.heads } }
    var clients: [SocketAddress?] { self.seen.withLock { $0.clients } }
    var peers: [SocketAddress?] { self.seen.withLock { $0.peers } }
    var certificates: [Bool] { self.seen.withLock { $0.certificates } }
    var summaries: [ExchangeSummary] { self.seen.withLock { $0.summaries } }
    var observed: String { self.seen.withLock { $0.observed } }
    var unobserved: Int { self.seen.withLock { $0.unobserved } }

    private final class Session: FilterSession {
        let filter: ScriptedFilter
        let head: HTTPRequestHead

        init(filter: ScriptedFilter, head: HTTPRequestHead) {
            self.filter = filter
            self.head = head
        }

        func begin() -> RequestStart { self.filter.script.begin(self.head) }

        func request(body: ByteBuffer) async -> RequestOutcome { await self.filter.script.request(self.head, body) }

        func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment {
            self.filter.script.responseHead(&head)
        }

        func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
            await self.filter.script.response(head, body)
        }

        func response(
            head: HTTPResponseHead,
            chunks: AsyncThrowingStream<ByteBuffer, any Error>
        ) async -> ResponseOutcome {
            await self.filter.script.window(head, chunks)
        }

        func observe(_ chunk: ByteBuffer) {
            self.filter.seen.withLock { $0.observed += String(buffer: chunk) }
        }

        func stopObserving() {
            self.filter.seen.withLock { $0.unobserved += 1 }
        }

        func reply(to error: ProxyError) -> LocalReply? { self.filter.script.failure(error) }

        func finish(_ summary: ExchangeSummary) {
            self.filter.seen.withLock { $0.summaries.append(summary) }
        }
    }
}

extension LocalReply {
    static func text(_ text: String, status: HTTPResponseStatus = .ok) -> LocalReply {
        LocalReply(status: status, headers: ["content-type": "text/plain"], body: .bytes(ByteBuffer(string: text)))
    }
}

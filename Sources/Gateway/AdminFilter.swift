import Audit
import NIOCore
import NIOHTTP1
import Proxy
import Synchronization

/// The admin listener's pages: `/healthz`, `/readyz`, `/metrics`.
///
/// Health says that the process runs; readiness says that it wants traffic, and turns off first when draining, so that
/// a load balancer stops sending before the listener closes.
final class AdminFilter: ProxyFilter {
    private let readiness: Readiness
    private let metrics: @Sendable () -> String

    init(readiness: Readiness, metrics: @escaping @Sendable () -> String) {
        self.readiness = readiness
        self.metrics = metrics
    }

    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession {
        LocalSession(reply: page(for: head))
    }

    private func page(for head: HTTPRequestHead) -> LocalReply {
        guard head.method == .GET || head.method == .HEAD else {
            return .text("only GET is served here\n", status: .methodNotAllowed)
        }
        switch head.uri.prefix(while: { $0 != "?" }) {
        case "/healthz":
            return .text("ok\n")
        case "/readyz":
            return readiness.isReady ? .text("ready\n") : .text("draining\n", status: .serviceUnavailable)
        case "/metrics":
            return .text(metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        default:
            return .text("unknown page: /healthz, /readyz and /metrics are served here\n", status: .notFound)
        }
    }
}

/// Whether the gateway wants traffic.
final class Readiness: Sendable {
    private let state = Atomic<Bool>(false)

    var isReady: Bool { state.load(ordering: .acquiring) }

    func set(_ isReady: Bool) { state.store(isReady, ordering: .releasing) }
}

extension LocalReply {
    /// A small text answer.
    static func text(
        _ text: String,
        status: HTTPResponseStatus = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> LocalReply {
        LocalReply(
            status: status,
            headers: ["content-type": type, "cache-control": "no-store"],
            body: .bytes(ByteBuffer(string: text))
        )
    }
}

import Audit
import NIOCore
import NIOHTTP1
import Proxy
import Synchronization

/// The admin listener: `/healthz`, `/readyz` and `/metrics` for machines, `/` the dashboard for people, and `/api/` for both.
///
/// Health says that the process runs; readiness says that it wants traffic, and turns off first when draining, so that
/// a load balancer stops sending before the listener closes.
final class AdminFilter: ProxyFilter {
    /// What machines ask for, which have no certificate and no token.
    private static let probed: Set<Substring> = ["/healthz", "/readyz", "/metrics"]

    private let readiness: Readiness
    private let access: AdminAccess
    private let api: DashboardAPI
    private let metrics: @Sendable () -> String

    init(
        readiness: Readiness,
        access: AdminAccess,
        api: DashboardAPI,
        metrics: @escaping @Sendable () -> String
    ) {
        self.readiness = readiness
        self.access = access
        self.api = api
        self.metrics = metrics
    }

    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession {
        let path = head.uri.prefix { $0 != "?" }
        let isAsked = path.hasPrefix("/api/")
        // The page itself tells nothing: a browser has to have it to be asked for a token, and was asked for a certificate before.
        if isAsked || access.requiresCertificate && !Self.probed.contains(path) {
            do throws(AdminAccess.Refusal) {
                try access.check(head, from: client)
            } catch {
                return LocalSession(reply: .json(["error": error.words], status: error.status))
            }
        }
        guard isAsked else { return LocalSession(reply: page(path, head)) }
        let (method, query) = (head.method, AdminQuery(head.uri))
        return AdminSession { [api] in
            api.reply(to: method, path: path.dropFirst(5), query: query, body: $0)
        }
    }

    private func page(_ path: Substring, _ head: HTTPRequestHead) -> LocalReply {
        guard head.method == .GET || head.method == .HEAD else {
            return .text("only GET is served here\n", status: .methodNotAllowed)
        }
        switch path {
        case "/healthz":
            return .text("ok\n")
        case "/readyz":
            return readiness.isReady ? .text("ready\n") : .text("draining\n", status: .serviceUnavailable)
        case "/metrics":
            return .text(metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        default:
            let words = "unknown page: /, /healthz, /readyz, /metrics and /api/ are served here\n"
            return DashboardPage.reply(to: path) ?? .text(words, status: .notFound)
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
            headers: ["content-type": type, "cache-control": "no-store", "x-content-type-options": "nosniff"],
            body: .bytes(ByteBuffer(string: text))
        )
    }
}

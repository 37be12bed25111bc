import Audit
import ChatAPI
import Foundation
import Guard
import NIOCore
import NIOHTTP1
import Proxy
import TLS
import Tracing

/// Where the proxy and the guard meet: makes a session for each exchange on the guarded listener.
final class GuardFilter: ProxyFilter {
    /// What sessions need beside the policy.
    struct Environment: Sendable {
        var configuration: GatewayConfiguration
        var audit: any AuditSink
        var metrics: GatewayMetrics
        /// SHA-256 of the model's file.
        var modelDigest: String?
        /// nil where nothing is traced.
        var spans: SpanExporter?
        /// Seals the texts of records; nil leaves them as they are.
        var sealer: ContentSealer?
        var callers = CallerDirectory()
        var limiter = RateLimiter()
        var ledger = ConversationLedger()
    }

    private let store: PolicyStore
    private let environment: Environment

    init(store: PolicyStore, environment: Environment) {
        self.store = store
        self.environment = environment
    }

    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession {
        GuardSession(head: head, client: client, policy: store.current, environment: environment)
    }
}

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
    /// What sessions need beside the policy; one for all of them, since a copy for each would be a hundred counts.
    final class Environment: Sendable {
        let configuration: GatewayConfiguration
        let audit: any AuditSink
        let metrics: GatewayMetrics
        /// SHA-256 of the model's file.
        let modelDigest: String?
        /// nil where nothing is traced.
        let spans: SpanExporter?
        /// Seals the texts of records; nil leaves them as they are.
        let sealer: ContentSealerSource?
        let callers: CallerDirectory
        let limiter = RateLimiter()
        let ledger: ConversationLedger
        let passing: PassingAnswers
        let pendingRecords: PendingRecords
        let judgingRoom: JudgingRoom

        init(
            configuration: GatewayConfiguration,
            audit: any AuditSink,
            metrics: GatewayMetrics,
            modelDigest: String? = nil,
            spans: SpanExporter? = nil,
            sealer: ContentSealerSource? = nil,
            callers: CallerDirectory = CallerDirectory(),
            ledger: ConversationLedger = ConversationLedger(),
            passing: PassingAnswers = PassingAnswers(),
            pendingRecords: PendingRecords = PendingRecords()
        ) {
            self.configuration = configuration
            self.audit = audit
            self.metrics = metrics
            self.modelDigest = modelDigest
            self.spans = spans
            self.sealer = sealer
            self.callers = callers
            self.ledger = ledger
            self.passing = passing
            self.pendingRecords = pendingRecords
            judgingRoom = JudgingRoom(limit: configuration.judgingBytes)
        }
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

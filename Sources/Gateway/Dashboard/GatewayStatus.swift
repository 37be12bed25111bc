import Audit
import DecisionStore
import Guard
import GuardianModel
import Policy
import Proxy
import Transformer
import Upstream

/// The gateway as it is now, for the dashboard.
struct GatewayStatus: Encodable, Sendable {
    struct PolicyStatus: Encodable, Sendable {
        var name: String
        var digest: String
        var mode: String
        var rules: Int
        /// Texts that the rules are tried on each time the policy is loaded; with one that fails it is not.
        var ruleTests: Int
        var overrides: Int
        /// Why the file as it is now is not in force; nil if it is.
        var failure: String?
    }

    struct ModelStatus: Encodable, Sendable {
        var digest: String?
        var waiting: Int
        var requests: Int
        var refused: Int
        /// Pieces of sequences in a step, in the mean.
        var batch: Double?
        /// Of the tokens asked for, the share that the prefix cache had.
        var prefixHits: Double?
    }

    struct ServerStatus: Encodable, Sendable {
        var name: String
        var condition: String
        var busy: Int
        var idle: Int
        var waiting: Int
    }

    struct RecordStatus: Encodable, Sendable {
        var written: Int
        var dropped: Int
        var failed: Int
        var refused: Int
        var queued: Int
        var lagSeconds: Double
        var store: String
        var stored: Int
        var storeDropped: Int
        var storeFailed: Int
        var storeFailure: String?
    }

    var now: Int64
    var started: Int64
    var ready: Bool
    var policy: PolicyStatus
    var candidate: PolicyStatus?
    /// Why the candidate's file as it is now is not tried, whether or not one was tried before; nil if it is, or is not there.
    var candidateFailure: String?
    var model: ModelStatus
    var upstream: [ServerStatus]
    var records: RecordStatus
    var connections: Int
    var exchanges: Int
    var memory: Int?
}

extension GatewayStatus.PolicyStatus {
    init(_ policy: Policy, failure: String?) {
        name = policy.name
        digest = policy.digest
        mode = policy.mode.rawValue
        rules = policy.rules.count
        ruleTests = policy.rules.reduce(0) { $0 + $1.tests.count }
        overrides = policy.overrides.count
        self.failure = failure
    }
}

extension GatewayStatus.ModelStatus {
    init(_ engine: GuardianEngine) {
        let now = engine.statistics
        digest = engine.digest
        waiting = now.waiting
        requests = now.requests
        refused = Int(now.refused)
        batch = now.steps > 0 ? Double(now.segments) / Double(now.steps) : nil
        let asked = now.hitTokens + now.missTokens
        prefixHits = asked > 0 ? Double(now.hitTokens) / Double(asked) : nil
    }
}

extension GatewayStatus.ServerStatus {
    static func all(_ upstream: UpstreamServers) -> [Self] {
        upstream.servers.enumerated().map { index, server in
            let use = upstream.use[index].now
            return Self(
                name: server.peer.name,
                condition: upstream.board.condition(of: index).rawValue,
                busy: use.connections - use.idle,
                idle: use.idle,
                waiting: use.waiting
            )
        }
    }
}

extension GatewayStatus.RecordStatus {
    init(_ sink: StoringSink) {
        let (log, copies) = (sink.statistics, sink.counts)
        written = log.written
        dropped = log.dropped
        failed = log.failed
        refused = log.refused
        queued = log.queued
        lagSeconds = Double(log.lag.nanoseconds) / 1e9
        store = "\(sink.store.place)"
        stored = copies.stored
        storeDropped = copies.dropped
        storeFailed = copies.failed
        storeFailure = copies.failure
    }
}

extension GatewayStatus {
    /// - Parameter started: when the gateway was made.
    init(
        _ proxy: ProxyServer,
        _ watch: PolicyWatch,
        _ engine: GuardianEngine,
        _ servers: UpstreamServers,
        _ sink: StoringSink,
        started: AuditTime,
        isReady: Bool
    ) {
        let inForce = watch.store.current
        let metrics = proxy.metrics
        self.init(
            now: AuditTime.now().millisecondsSinceEpoch,
            started: started.millisecondsSinceEpoch,
            ready: isReady,
            policy: PolicyStatus(inForce.base.policy, failure: watch.failure),
            candidate: inForce.candidate(for: RequestScope()).map { candidate in
                PolicyStatus(candidate.policy, failure: watch.candidateFailure)
            },
            candidateFailure: watch.candidateFailure,
            model: ModelStatus(engine),
            upstream: ServerStatus.all(servers),
            records: RecordStatus(sink),
            connections: metrics.connectionsOpen,
            exchanges: metrics.exchangesOpen,
            memory: ProcessMemory.residentBytes
        )
    }
}

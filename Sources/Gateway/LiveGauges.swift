import Audit
import GuardianModel
import Proxy
import Upstream

/// Values that are read when `/metrics` is asked for, and not counted as they happen.
struct LiveGauges: Sendable {
    private let connections: Gauge
    private let exchanges: Gauge
    private let buffered: Gauge
    private let servers: Gauge
    private let waiting: Gauge
    private let records: Gauge
    private let errors: Gauge

    init(_ registry: Metrics) {
        connections = registry.gauge("guardian_connections_open", help: "Client connections open now.")
        exchanges = registry.gauge("guardian_exchanges_open", help: "Exchanges under way now.")
        buffered = registry.gauge(
            "guardian_buffered_bytes",
            help: "Bytes of request and answer bodies that are held for inspection now."
        )
        servers = registry.gauge(
            "guardian_upstream_server",
            help: "1 for the condition that each server of the upstream is in, 0 for the others.",
            labels: ["server", "condition"]
        )
        waiting = registry.gauge("guardian_model_queue_waiting", help: "Requests that wait for the model now.")
        records = registry.gauge(
            "guardian_audit_records",
            help: "Audit records since the start by what became of them.",
            labels: ["state"]
        )
        errors = registry.gauge(
            "guardian_proxy_errors",
            help: "Exchanges and request heads that ended in an error since the start, by its fixed word.",
            labels: ["word"]
        )
    }

    func update(_ upstream: UpstreamServers) {
        for (index, server) in upstream.servers.enumerated() {
            let now = upstream.board.condition(of: index)
            for condition in HealthBoard.Condition.allCases {
                servers.set(condition == now ? 1 : 0, [server.peer.authority, condition.rawValue])
            }
        }
    }

    func update(proxy: ProxyMetrics, engine: GuardianEngine, audit: any AuditSink) {
        connections.set(Double(proxy.connectionsOpen))
        exchanges.set(Double(proxy.exchangesOpen))
        buffered.set(Double(proxy.bufferedBytes))
        waiting.set(Double(engine.waiting))
        for (word, count) in proxy.errors { errors.set(Double(count), [word]) }
        let statistics = audit.statistics
        for (state, count) in [
            ("written", statistics.written), ("dropped", statistics.dropped), ("failed", statistics.failed),
            ("refused", statistics.refused), ("queued", statistics.queued),
        ] {
            records.set(Double(count), [state])
        }
    }
}

import Audit
import GuardianModel
import Proxy

/// Values that are read when `/metrics` is asked for, and not counted as they happen.
struct LiveGauges: Sendable {
    private let connections: Gauge
    private let exchanges: Gauge
    private let waiting: Gauge
    private let records: Gauge
    private let errors: Gauge

    init(_ registry: Metrics) {
        connections = registry.gauge("guardian_connections_open", help: "Client connections open now.")
        exchanges = registry.gauge("guardian_exchanges_open", help: "Exchanges under way now.")
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

    func update(proxy: ProxyMetrics, engine: GuardianEngine, audit: any AuditSink) {
        connections.set(Double(proxy.connectionsOpen))
        exchanges.set(Double(proxy.exchangesOpen))
        waiting.set(Double(engine.waiting))
        for (word, count) in proxy.errors { errors.set(Double(count), [word]) }
        let statistics = audit.statistics
        for (state, count) in [
            ("written", statistics.written), ("dropped", statistics.dropped), ("failed", statistics.failed),
            ("queued", statistics.queued),
        ] {
            records.set(Double(count), [state])
        }
    }
}

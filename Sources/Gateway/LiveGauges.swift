import Audit
import GuardianModel
import Proxy

/// Values that are read when `/metrics` is asked for, and not counted as they happen.
final class LiveGauges: Sendable {
    private let connections: Gauge
    private let exchanges: Gauge
    private let waiting: Gauge
    private let audit: Gauge
    private let proxy: ProxyMetrics
    private let engine: GuardianEngine
    private let sink: any AuditSink

    init(_ registry: Metrics, proxy: ProxyMetrics, engine: GuardianEngine, audit sink: any AuditSink) {
        connections = registry.gauge("guardian_connections_open", help: "Client connections open now.")
        exchanges = registry.gauge("guardian_exchanges_open", help: "Exchanges under way now.")
        waiting = registry.gauge("guardian_model_queue_waiting", help: "Requests that wait for the model now.")
        audit = registry.gauge(
            "guardian_audit_records",
            help: "Audit records since the start by what became of them.",
            labels: ["state"]
        )
        self.proxy = proxy
        self.engine = engine
        self.sink = sink
    }

    func update() {
        connections.set(Double(proxy.connectionsOpen))
        exchanges.set(Double(proxy.exchangesOpen))
        waiting.set(Double(engine.waiting))
        let statistics = sink.statistics
        for (state, count) in [
            ("written", statistics.written), ("dropped", statistics.dropped), ("failed", statistics.failed),
            ("queued", statistics.queued),
        ] {
            audit.set(Double(count), [state])
        }
    }
}

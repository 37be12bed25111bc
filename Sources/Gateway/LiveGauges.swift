import Audit
import DecisionStore
import GuardianModel
import Proxy
import Tracing
import Upstream

/// Values that are read when `/metrics` is asked for, and not counted as they happen.
struct LiveGauges: Sendable {
    private let proxy: ProxyGauges
    private let upstream: UpstreamGauges
    private let model: ModelGauges
    private let engines: EngineGauges
    private let log: AuditGauges
    private let store: StoreGauges
    private let spans: SpanGauges
    private let memory: Gauge

    init(_ registry: Metrics) {
        proxy = ProxyGauges(registry)
        upstream = UpstreamGauges(registry)
        model = ModelGauges(registry)
        engines = EngineGauges(registry)
        log = AuditGauges(registry)
        store = StoreGauges(registry)
        spans = SpanGauges(registry)
        memory = registry.gauge("guardian_resident_memory_bytes", help: "Memory of the process that is resident now.")
    }

    func update(
        proxy: ProxyMetrics,
        upstream: UpstreamServers,
        engine: GuardianEngine,
        remote: [EngineServers],
        audit: StoringSink,
        spans: SpanExporter?
    ) {
        self.proxy.update(proxy)
        self.upstream.update(upstream)
        model.update(engine.statistics)
        engines.update(remote)
        log.update(audit.statistics)
        store.update(audit.counts)
        if let spans { self.spans.update(spans.statistics) }
        if let bytes = ProcessMemory.residentBytes { memory.set(Double(bytes)) }
    }
}

/// What the listener is doing and has done.
struct ProxyGauges: Sendable {
    private let connections: Gauge
    private let accepted: Counter
    private let exchanges: Gauge
    private let buffered: Gauge
    private let handshakes: Counter
    private let errors: Counter

    init(_ registry: Metrics) {
        connections = registry.gauge("guardian_connections_open", help: "Client connections open now.")
        accepted = registry.counter("guardian_connections_total", help: "Client connections accepted.")
        exchanges = registry.gauge("guardian_exchanges_open", help: "Exchanges under way now.")
        buffered = registry.gauge(
            "guardian_buffered_bytes",
            help: "Bytes of request and answer bodies that are held for inspection now."
        )
        handshakes = registry.counter(
            "guardian_tls_handshakes_total",
            help: "TLS handshakes with clients by result: completed, failed.",
            labels: ["result"]
        )
        errors = registry.counter(
            "guardian_errors_total",
            help: "Exchanges, request heads and connections that ended in an error, by its fixed word; "
                + "limits that were hit are among them.",
            labels: ["word"]
        )
    }

    func update(_ proxy: ProxyMetrics) {
        connections.set(Double(proxy.connectionsOpen))
        accepted.advance(to: proxy.connectionsAccepted)
        exchanges.set(Double(proxy.exchangesOpen))
        buffered.set(Double(proxy.bufferedBytes))
        handshakes.advance(to: proxy.handshakesCompleted, ["completed"])
        handshakes.advance(to: proxy.handshakesFailed, ["failed"])
        for (word, count) in proxy.errors { errors.advance(to: count, [word]) }
    }
}

/// How the upstream's servers are, and what is used of them.
struct UpstreamGauges: Sendable {
    private let servers: Gauge
    private let connections: Gauge
    private let waiting: Gauge

    init(_ registry: Metrics) {
        servers = registry.gauge(
            "guardian_upstream_server",
            help: "1 for the condition that each server of the upstream is in, 0 for the others: up, ejected "
                + "(five failures in a row, without timeouts while it answered others with 2xx; never more than half of "
                + "them), down (by probes).",
            labels: ["server", "condition"]
        )
        connections = registry.gauge(
            "guardian_upstream_connections",
            help: "Connections to each server of the upstream now, by state: busy (being opened, too), idle.",
            labels: ["server", "state"]
        )
        waiting = registry.gauge(
            "guardian_upstream_waiting",
            help: "Exchanges that wait for a connection to each server of the upstream now.",
            labels: ["server"]
        )
    }

    func update(_ upstream: UpstreamServers) {
        for (index, server) in upstream.servers.enumerated() {
            let name = server.peer.name
            let now = upstream.board.condition(of: index)
            for condition in HealthBoard.Condition.allCases {
                servers.set(condition == now ? 1 : 0, [name, condition.rawValue])
            }
            let use = upstream.use[index].now
            connections.set(Double(use.connections - use.idle), [name, "busy"])
            connections.set(Double(use.idle), [name, "idle"])
            waiting.set(Double(use.waiting), [name])
        }
    }
}

/// What became of audit records.
struct AuditGauges: Sendable {
    private let records: Counter
    private let queued: Gauge
    private let lag: Gauge
    private let reopenFailures: Counter

    init(_ registry: Metrics) {
        records = registry.counter(
            "guardian_audit_records_total",
            help: "Audit records by state: written, dropped (full queue), failed, refused (exchanges without "
                + "room for a record).",
            labels: ["state"]
        )
        queued = registry.gauge("guardian_audit_queue_records", help: "Audit records that wait to be written now.")
        lag = registry.gauge("guardian_audit_lag_seconds", help: "How long the oldest of them has been waiting.")
        reopenFailures = registry.counter(
            "guardian_audit_reopen_failures_total",
            help: "How often the audit file could not be opened again on SIGHUP; records go on into the one that was "
                + "open, and it is tried again every second."
        )
    }

    func update(_ statistics: AuditStatistics) {
        for (state, count) in [
            ("written", statistics.written), ("dropped", statistics.dropped), ("failed", statistics.failed),
            ("refused", statistics.refused),
        ] {
            records.advance(to: count, [state])
        }
        queued.set(Double(statistics.queued))
        lag.set(Double(statistics.lag.nanoseconds) / 1e9)
        reopenFailures.advance(to: statistics.reopenFailures)
    }
}

/// What became of the copies of audit records that the dashboard reads.
struct StoreGauges: Sendable {
    private let records: Counter
    private let queued: Gauge

    init(_ registry: Metrics) {
        records = registry.counter(
            "guardian_store_records_total",
            help: "Copies of audit records for the dashboard, by state: stored, dropped, failed; the log "
                + "loses nothing by what becomes of them.",
            labels: ["state"]
        )
        queued = registry.gauge("guardian_store_queue_records", help: "Copies that wait to be stored now.")
    }

    func update(_ counts: StoringSink.Counts) {
        for (state, count) in [("stored", counts.stored), ("dropped", counts.dropped), ("failed", counts.failed)] {
            records.advance(to: count, [state])
        }
        queued.set(Double(counts.queued))
    }
}

/// What became of spans.
struct SpanGauges: Sendable {
    private let spans: Counter
    private let queued: Gauge

    init(_ registry: Metrics) {
        spans = registry.counter(
            "guardian_trace_spans_total",
            help: "Spans by state: exported, dropped (full queue), failed.",
            labels: ["state"]
        )
        queued = registry.gauge("guardian_trace_queue_spans", help: "Spans that wait to be sent now.")
    }

    func update(_ statistics: SpanExporter.Statistics) {
        let counts = [
            ("exported", statistics.exported), ("dropped", statistics.dropped), ("failed", statistics.failed),
        ]
        for (state, count) in counts { spans.advance(to: count, [state]) }
        queued.set(Double(statistics.queued))
    }
}

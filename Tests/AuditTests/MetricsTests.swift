import Testing

@testable import Audit

@Suite struct MetricsTests {
    @Test func writesThePrometheusTextFormat() {
        let metrics = Metrics()
        let requests = metrics.counter("g_requests_total", help: "Requests by decision.", labels: ["decision"])
        requests.increment(["block"])
        requests.increment(["allow"], by: 3)
        metrics.gauge("g_up", help: "Up.").set(1)
        let latency = metrics.histogram("g_seconds", help: "Time.", buckets: [0.1, 1])
        latency.observe(0.1)
        latency.observe(0.5)
        latency.observe(.seconds(7))
        #expect(
            metrics.exposition() == """
                # HELP g_requests_total Requests by decision.
                # TYPE g_requests_total counter
                g_requests_total{decision="allow"} 3
                g_requests_total{decision="block"} 1
                # HELP g_seconds Time.
                # TYPE g_seconds histogram
                g_seconds_bucket{le="0.1"} 1
                g_seconds_bucket{le="1"} 2
                g_seconds_bucket{le="+Inf"} 3
                g_seconds_sum 7.6
                g_seconds_count 3
                # HELP g_up Up.
                # TYPE g_up gauge
                g_up 1

                """
        )
    }

    @Test func theSameNameIsTheSameMetric() {
        let metrics = Metrics()
        metrics.counter("a_total", help: "A.").increment()
        metrics.counter("a_total", help: "A.").increment()
        #expect(metrics.counter("a_total", help: "A.").value() == 2)
        #expect(metrics.names == ["a_total"])
    }

    @Test func anEmptyRegistryIsEmptyText() {
        #expect(Metrics().exposition().isEmpty)
    }

    @Test func `each metric is described once, by its name`() {
        let metrics = Metrics()
        _ = metrics.histogram("b_seconds", help: "B.", labels: ["stage"])
        for _ in 1...2 { _ = metrics.counter("a_total", help: "A.") }
        #expect(
            metrics.descriptions == [
                .init(name: "a_total", kind: "counter", labels: [], help: "A."),
                .init(name: "b_seconds", kind: "histogram", labels: ["stage"], help: "B."),
            ]
        )
    }
}

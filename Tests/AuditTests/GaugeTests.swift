import Testing

@testable import Audit

@Suite struct GaugeTests {
    @Test func goesUpAndDown() {
        let metrics = Metrics()
        let gauge = metrics.gauge("a", help: "A.", labels: ["x"])
        gauge.add(2, ["1"])
        gauge.add(-0.5, ["1"])
        gauge.set(.infinity, ["2"])
        #expect(gauge.value(["1"]) == 1.5)
        #expect(metrics.exposition().contains("a{x=\"1\"} 1.5\na{x=\"2\"} +Inf\n"))
    }
}

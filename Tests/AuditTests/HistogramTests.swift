import Testing

@testable import Audit

@Suite struct HistogramTests {
    @Test func bucketsAreCumulativeAndBoundsInclusive() {
        let metrics = Metrics()
        let histogram = metrics.histogram("h", help: "H.", labels: ["x"], buckets: [1, 2.5])
        for value in [0, 1, 1.5, 2.5, 3] { histogram.observe(value, ["a"]) }
        let text = metrics.exposition()
        #expect(
            text.contains(
                "h_bucket{x=\"a\",le=\"1\"} 2\nh_bucket{x=\"a\",le=\"2.5\"} 4\nh_bucket{x=\"a\",le=\"+Inf\"} 5\n"
            )
        )
        #expect(text.contains("h_sum{x=\"a\"} 8\nh_count{x=\"a\"} 5\n"))
        #expect(histogram.count(["a"]) == 5)
    }

    @Test func whatIsNotANumberDoesNotSpoilTheSum() {
        let metrics = Metrics()
        let histogram = metrics.histogram("h", help: "H.", buckets: [1])
        histogram.observe(.nan)
        histogram.observe(.milliseconds(500))
        #expect(metrics.exposition().contains("h_sum 0.5\nh_count 1\n"))
    }
}

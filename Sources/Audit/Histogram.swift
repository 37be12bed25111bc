/// A distribution in fixed buckets.
package final class Histogram: MetricFamily {
    /// What was observed under one set of label values.
    struct Distribution: Sendable, Equatable {
        /// Observations per bucket, not cumulative; the last is `+Inf`.
        var counts: [UInt64]
        var sum: Double
    }

    private let series: MetricSeries<Distribution>
    private let buckets: [Double]

    init(name: String, help: String, labels: [String], buckets: [Double]) {
        precondition(!labels.contains("le"), "the label 'le' belongs to the buckets")
        precondition(
            zip(buckets, buckets.dropFirst()).allSatisfy { $0 < $1 } && buckets.allSatisfy(\.isFinite),
            "the buckets of '\(name)' must be finite and ascending"
        )
        self.buckets = buckets
        series = MetricSeries(
            name: name,
            help: help,
            labels: labels,
            initial: Distribution(counts: Array(repeating: 0, count: buckets.count + 1), sum: 0)
        )
    }

    /// Counts one observation; what is not a number is ignored, because it would spoil the sum for ever.
    ///
    /// - Parameter labels: the label values, in the order of the metric's labels.
    package func observe(_ value: Double, _ labels: [String] = []) {
        guard !value.isNaN else { return }
        let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
        series.update(labels) { distribution in
            distribution.counts[bucket] += 1
            distribution.sum += value
        }
    }

    /// Counts one observation in seconds.
    package func observe(_ duration: Duration, _ labels: [String] = []) {
        let (seconds, attoseconds) = duration.components
        observe(Double(seconds) + Double(attoseconds) / 1e18, labels)
    }

    /// How many observations were counted, 0 for a series that does not exist.
    package func count(_ labels: [String] = []) -> UInt64 { series[labels]?.counts.reduce(0, +) ?? 0 }

    var description: MetricDescription {
        MetricDescription(name: series.name, kind: "histogram", labels: series.labels, help: series.help)
    }

    func write(to writer: inout ExpositionWriter) {
        writer.header(name: series.name, help: series.help, type: "histogram")
        for (labels, distribution) in series.sorted {
            var cumulative: UInt64 = 0
            for (bound, count) in zip(buckets + [.infinity], distribution.counts) {
                cumulative += count
                writer.sample(
                    name: series.name + "_bucket",
                    labels: labels + [("le", ExpositionWriter.number(bound))],
                    value: String(cumulative)
                )
            }
            writer.sample(
                name: series.name + "_sum",
                labels: labels,
                value: ExpositionWriter.number(distribution.sum)
            )
            writer.sample(name: series.name + "_count", labels: labels, value: String(cumulative))
        }
    }
}

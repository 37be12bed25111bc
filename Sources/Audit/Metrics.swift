import Synchronization

/// The process's metrics by name, and their Prometheus text.
///
/// Metrics are made at start-up and kept by whoever counts; making one with a name that exists gives the existing one.
/// A name that Prometheus does not allow, or a second use of a name as another kind, is a programming error and stops
/// the process at start-up.
package final class Metrics: Sendable {
    /// Label combinations a metric may have. A label may carry what a caller sent, such as a model's name; what comes
    /// beyond the limit is counted under `overflowLabel`, so memory stays bounded and no count is lost.
    package static let seriesLimit = 1000
    /// The value every label has in the series that takes what exceeds `seriesLimit`.
    package static let overflowLabel = "_overflow"
    /// Seconds, from a tenth of a millisecond to a minute.
    package static let durationBuckets = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private let families = Mutex<[String: any MetricFamily]>([:])

    package init() {}

    /// A count that only grows. The name should end in `_total`.
    package func counter(_ name: String, help: String, labels: [String] = []) -> Counter {
        family(name) { Counter(name: name, help: help, labels: labels) }
    }

    /// A value that goes up and down.
    package func gauge(_ name: String, help: String, labels: [String] = []) -> Gauge {
        family(name) { Gauge(name: name, help: help, labels: labels) }
    }

    /// A distribution in fixed buckets.
    ///
    /// - Parameter buckets: upper bounds, inclusive, ascending; `+Inf` is added.
    package func histogram(
        _ name: String,
        help: String,
        labels: [String] = [],
        buckets: [Double] = Metrics.durationBuckets
    ) -> Histogram {
        family(name) { Histogram(name: name, help: help, labels: labels, buckets: buckets) }
    }

    /// Names of all metrics, sorted.
    package var names: [String] { families.withLock { $0.keys.sorted() } }

    /// What the reference says of all metrics, sorted by name.
    package var descriptions: [MetricDescription] {
        families.withLock { $0.values.map(\.description) }.sorted { $0.name < $1.name }
    }

    /// All metrics in the Prometheus text format, version 0.0.4, sorted by name.
    package func exposition() -> String {
        let families = families.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
        var writer = ExpositionWriter()
        for family in families { family.write(to: &writer) }
        return writer.text
    }

    /// The content type `exposition()` is served with.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private func family<Family: MetricFamily>(_ name: String, make: () -> Family) -> Family {
        precondition(ExpositionWriter.isMetricName(name), "'\(name)' is no Prometheus metric name")
        return families.withLock { families in
            if let existing = families[name] {
                guard let family = existing as? Family else {
                    preconditionFailure("metric '\(name)' exists as another kind")
                }
                return family
            }
            let family = make()
            families[name] = family
            return family
        }
    }
}

/// What there is to say of a metric, whatever its values.
package struct MetricDescription: Sendable, Equatable {
    package var name: String
    /// `counter`, `gauge` or `histogram`.
    package var kind: String
    package var labels: [String]
    package var help: String
}

/// A metric with all its series.
protocol MetricFamily: Sendable {
    var description: MetricDescription { get }
    func write(to writer: inout ExpositionWriter)
}

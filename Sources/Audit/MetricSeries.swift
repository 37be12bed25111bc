import Synchronization

/// The series of one metric by their label values, bounded in number.
///
/// One lock a metric, held for a dictionary look-up and an addition.
final class MetricSeries<Value: Sendable>: Sendable {
    let name: String
    let help: String
    let labels: [String]
    private let initial: Value
    private let values: Mutex<[[String]: Value]>

    init(name: String, help: String, labels: [String], initial: Value) {
        for label in labels {
            precondition(ExpositionWriter.isLabelName(label), "'\(label)' is no Prometheus label name")
        }
        self.name = name
        self.help = help
        self.labels = labels
        self.initial = initial
        // A metric without labels exists from the start: "never happened" must read 0, not absent.
        values = Mutex(labels.isEmpty ? [[]: initial] : [:])
    }

    /// Changes the series with these label values; missing values are empty, surplus ones are dropped.
    func update(_ labelValues: [String], _ change: (inout Value) -> Void) {
        var key = labelValues
        if key.count != labels.count {
            key = labels.indices.map { $0 < labelValues.count ? labelValues[$0] : "" }
        }
        values.withLock { values in
            if let index = values.index(forKey: key) { return change(&values.values[index]) }
            if values.count >= Metrics.seriesLimit {
                key = labels.map { _ in Metrics.overflowLabel }
            }
            change(&values[key, default: initial])
        }
    }

    subscript(labelValues: [String]) -> Value? {
        values.withLock { $0[labelValues] }
    }

    /// All series, sorted by their label values.
    var sorted: [(labels: [(name: String, value: String)], value: Value)] {
        let snapshot = values.withLock { $0 }
        return snapshot.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { series in (zip(labels, series.key).map { ($0, $1) }, series.value) }
    }
}

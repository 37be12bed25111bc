/// A count that only grows.
package final class Counter: MetricFamily {
    private let series: MetricSeries<UInt64>

    init(name: String, help: String, labels: [String]) {
        series = MetricSeries(name: name, help: help, labels: labels, initial: 0)
    }

    /// - Parameter labels: the label values, in the order of the metric's labels.
    package func increment(_ labels: [String] = [], by amount: UInt64 = 1) {
        series.update(labels) { $0 &+= amount }
    }

    /// Takes over a count that is kept elsewhere; it never goes back.
    package func advance(to total: Int, _ labels: [String] = []) {
        series.update(labels) { $0 = max($0, UInt64(clamping: total)) }
    }

    /// The present count, 0 for a series that does not exist.
    package func value(_ labels: [String] = []) -> UInt64 { series[labels] ?? 0 }

    var description: MetricDescription {
        MetricDescription(name: series.name, kind: "counter", labels: series.labels, help: series.help)
    }

    func write(to writer: inout ExpositionWriter) {
        writer.header(name: series.name, help: series.help, type: "counter")
        for (labels, value) in series.sorted {
            writer.sample(name: series.name, labels: labels, value: String(value))
        }
    }
}

/// A value that goes up and down.
package final class Gauge: MetricFamily {
    private let series: MetricSeries<Double>

    init(name: String, help: String, labels: [String]) {
        series = MetricSeries(name: name, help: help, labels: labels, initial: 0)
    }

    /// - Parameter labels: the label values, in the order of the metric's labels.
    package func set(_ value: Double, _ labels: [String] = []) {
        series.update(labels) { $0 = value }
    }

    package func add(_ amount: Double, _ labels: [String] = []) {
        series.update(labels) { $0 += amount }
    }

    /// The present value, 0 for a series that does not exist.
    package func value(_ labels: [String] = []) -> Double { series[labels] ?? 0 }

    var description: MetricDescription {
        MetricDescription(name: series.name, kind: "gauge", labels: series.labels, help: series.help)
    }

    func write(to writer: inout ExpositionWriter) {
        writer.header(name: series.name, help: series.help, type: "gauge")
        for (labels, value) in series.sorted {
            writer.sample(name: series.name, labels: labels, value: ExpositionWriter.number(value))
        }
    }
}

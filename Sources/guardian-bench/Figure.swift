import Foundation

/// One measured figure: the median of its samples, and how far the slowest strayed.
struct Figure: Encodable {
    var name: String
    /// The median; of an even number of samples, the mean of the two in the middle.
    var value: Double
    var unit: String
    var samples: Int
    var median: Double
    /// The 99th percentile in the direction that is worse.
    var p99: Double

    init(_ name: String, unit: String, _ samples: [Double], higherIsBetter: Bool = false) {
        let sorted = higherIsBetter ? samples.sorted(by: >) : samples.sorted()
        func rank(_ share: Double) -> Double {
            guard let last = sorted.last else { return .nan }
            let index = Int((Double(sorted.count) * share).rounded(.up)) - 1
            return index < sorted.count ? sorted[max(0, index)] : last
        }
        self.name = name
        self.unit = unit
        self.samples = samples.count
        let middle = sorted.dropFirst((sorted.count - 1) / 2).prefix(sorted.count % 2 == 0 ? 2 : 1)
        self.median = middle.reduce(0, +) / Double(middle.count)
        self.p99 = rank(0.99)
        self.value = self.median
    }

    /// One line: JSON, or words.
    func line(json: Bool) throws -> String {
        guard json else {
            return "\(name): \(value.formatted(.number.precision(.significantDigits(4)))) \(unit)"
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

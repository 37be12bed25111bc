/// Samples of figures, in the order in which the figures first came.
struct Series {
    private var names: [String] = []
    private var figures: [String: (unit: String, higherIsBetter: Bool, samples: [Double])] = [:]

    mutating func add(_ name: String, _ unit: String, _ sample: Double, higherIsBetter: Bool = true) {
        if figures[name] == nil { names.append(name) }
        figures[name, default: (unit, higherIsBetter, [])].samples.append(sample)
    }

    subscript(name: String) -> [Double] { figures[name]?.samples ?? [] }

    func all() -> [Figure] {
        names.compactMap { name in
            figures[name].map { Figure(name, unit: $0.unit, $0.samples, higherIsBetter: $0.higherIsBetter) }
        }
    }
}

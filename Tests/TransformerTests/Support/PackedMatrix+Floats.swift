@testable import Transformer

extension PackedMatrix {
    /// The row that the packed weights stand for, read one by one.
    func floats(row: Int) -> [Float] {
        (0..<columns).map { column in
            let place = ((row / 16 * (columns / 4) + column / 4) * 16 + row % 16) * 4 + column % 4
            return Float(weights[place]) * scales[row]
        }
    }
}

extension FloatMatrix {
    func floats(row index: Int) -> [Float] { (0..<columns).map { row(index)[$0] } }
}

/// Whether packed numbers are within half a quantisation step of others.
func isWithinHalfAStep(_ packed: [Float], of values: [Float]) -> Bool {
    let step = (values.map(abs).max() ?? 0) / 127
    return zip(packed, values).allSatisfy { abs($0 - $1) <= step * 0.501 }
}

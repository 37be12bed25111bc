/// Weights as floats, row-major, in memory of their own.
struct FloatMatrix: Sendable {
    let rows: Int
    let columns: Int
    let values: FloatBuffer

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        values = FloatBuffer(rows * columns)
    }

    func row(_ row: Int) -> UnsafeMutablePointer<Float> { values.base + row * columns }

    /// The greatest magnitude in each column; NaN counts as the greatest of all.
    func columnMaxima() -> [Float] {
        var maxima = ColumnMaxima(columns: columns)
        maxima.take(UnsafeBufferPointer(start: values.base, count: rows * columns))
        return maxima.values
    }

    func multiplyColumns(by factors: [Float]) {
        for index in 0..<rows {
            let values = row(index)
            for column in 0..<columns { values[column] *= factors[column] }
        }
    }

    func divideRows(by divisors: [Float]) {
        for (index, divisor) in divisors.enumerated() {
            let values = row(index)
            for column in 0..<columns { values[column] /= divisor }
        }
    }
}

/// Quantises rows of float weights and puts them where the kernels look for them.
///
/// Each row gets int8 weights in -127...127 and the scale max|w| / 127; a row of zeros has the scale 1, padding the scale 0.
final class PackedMatrixBuffer {
    let shape: PackedShape
    /// [paddedRows][columns] in the packed order.
    let weights: UnsafeMutableBufferPointer<Int8>
    let scales: UnsafeMutableBufferPointer<Float>
    /// -128 times the sum of a row's weights.
    let offsets: UnsafeMutableBufferPointer<Int32>

    /// A matrix of zeros.
    init(_ shape: PackedShape) {
        self.shape = shape
        weights = .allocate(capacity: shape.weightBytes)
        scales = .allocate(capacity: shape.paddedRows)
        offsets = .allocate(capacity: shape.paddedRows)
        weights.initialize(repeating: 0)
        scales.initialize(repeating: 0)
        offsets.initialize(repeating: 0)
    }

    deinit {
        weights.deallocate()
        scales.deallocate()
        offsets.deallocate()
    }

    /// Sets a row.
    ///
    /// - Parameter values: `columns` floats.
    /// - Returns: false, with the row unchanged, if a value is not finite.
    func setRow(_ row: Int, _ values: UnsafePointer<Float>) -> Bool {
        let columns = shape.columns
        // As integers, magnitudes order as numbers do, with infinity and NaN above all.
        var greatest: UInt32 = 0
        for column in 0..<columns { greatest = max(greatest, values[column].bitPattern & 0x7fff_ffff) }
        let magnitude = Float(bitPattern: greatest)
        guard magnitude.isFinite else { return false }

        // The reciprocal of a scale below this would not be finite.
        let isZero = magnitude < 0x1p-100
        let scale = isZero ? 1 : magnitude / 127
        let reciprocal = isZero ? 0 : 127 / magnitude
        // Adding this brings a float's units to the end of its significand, rounded half to even.
        let rounder: Float = 0x1.8p23
        let zero = Int32(bitPattern: rounder.bitPattern)
        var sum: Int32 = 0
        guard var target = weights.baseAddress else { return true }
        target += shape.index(row: row, column: 0)
        for column in stride(from: 0, to: columns, by: PackedShape.columnGroup) {
            for place in 0..<PackedShape.columnGroup {
                let rounded = values[column + place] * reciprocal + rounder
                let weight = Int32(bitPattern: rounded.bitPattern) &- zero
                sum &+= weight
                target[place] = Int8(truncatingIfNeeded: weight)
            }
            target += PackedShape.rowGroup * PackedShape.columnGroup
        }
        scales[row] = scale
        offsets[row] = -128 * sum
        return true
    }
}

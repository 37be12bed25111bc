/// The greatest magnitude in each column of rows that are taken in one after another.
///
/// Magnitudes are compared as integers, which order as the numbers do, with infinity and NaN above all: what is not finite
/// is never lost.
struct ColumnMaxima: Sendable {
    private var bits: [UInt32]

    init(columns: Int) { bits = [UInt32](repeating: 0, count: columns) }

    /// - Parameter rows: whole rows.
    mutating func take(_ rows: UnsafeBufferPointer<Float>) {
        bits.withUnsafeMutableBufferPointer { bits in
            let width = bits.count
            for start in stride(from: 0, to: rows.count, by: width) {
                for index in 0..<width {
                    bits[index] = max(bits[index], rows[start + index].bitPattern & 0x7fff_ffff)
                }
            }
        }
    }

    var values: [Float] { bits.map(Float.init(bitPattern:)) }
    var areFinite: Bool { values.allSatisfy(\.isFinite) }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Angles of the rotary embedding (Su et al., 2021), as the reference implementation computes them: the frequency, and its
/// product with the position, are rounded to float32.
enum RotaryAngles {
    /// Cosines and sines, each [positions][headWidth / 2].
    static func tables(
        _ sizes: LlamaConfiguration,
        positions: Int
    ) -> (cosines: FloatBuffer, sines: FloatBuffer) {
        let pairs = sizes.headWidth / 2
        let frequencies = (0..<pairs).map { pair in
            1 / Float(pow(sizes.ropeBase, Double(Float(2 * pair) / Float(sizes.headWidth))))
        }
        let cosines = FloatBuffer(positions * pairs)
        let sines = FloatBuffer(positions * pairs)
        for position in 0..<positions {
            for pair in 0..<pairs {
                let angle = Double(Float(position) * frequencies[pair])
                cosines.base[position * pairs + pair] = Float(cos(angle))
                sines.base[position * pairs + pair] = Float(sin(angle))
            }
        }
        return (cosines, sines)
    }
}

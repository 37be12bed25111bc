import Foundation
import GuardCore

/// Scores as they are stored: 17 little-endian floats of 32 bits, harm first, then the categories in taxonomy order.
enum ScoreBytes {
    static let count = HarmCategory.allCases.count + 1

    static func data(_ assessment: Assessment) -> Data {
        let values = [assessment.harm] + HarmCategory.allCases.map { assessment.categories[$0] }
        var data = Data(capacity: 4 * count)
        for value in values {
            withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { data.append(contentsOf: $0) }
        }
        return data
    }

    /// nil for bytes of another length.
    static func values(_ data: Data) -> [Float]? {
        guard data.count == 4 * count else { return nil }
        return data.withUnsafeBytes { bytes in
            (0..<count).map { index in
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            }
        }
    }
}

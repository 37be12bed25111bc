import GuardCore

/// Scores as they are stored: 17 little-endian floats of 32 bits, harm first, then the categories in taxonomy order.
enum ScoreBytes {
    static let count = HarmCategory.allCases.count + 1

    static func bytes(_ assessment: Assessment) -> [UInt8] {
        let values = [assessment.harm] + HarmCategory.allCases.map { assessment.categories[$0] }
        return values.flatMap { value in
            withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { Array($0) }
        }
    }

    /// nil for bytes of another length.
    static func values(_ bytes: [UInt8]) -> [Float]? {
        guard bytes.count == 4 * count else { return nil }
        return bytes.withUnsafeBytes { bytes in
            (0..<count).map { index in
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            }
        }
    }
}

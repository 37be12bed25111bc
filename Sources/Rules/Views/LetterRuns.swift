/// Runs of one alphabet that are too long to be words: where an encoding may be.
struct LetterRuns {
    /// By byte: its value in the alphabet, `none` if it has none.
    private let values: [UInt8]
    /// Characters a run must have.
    let minimum: Int

    private static let none: UInt8 = 0xFF

    init(minimum: Int, value: (UInt8) -> UInt8?) {
        values = (0...255).map { value(UInt8($0)) ?? Self.none }
        self.minimum = minimum
    }

    @inline(__always)
    func value(of byte: UInt8) -> UInt8? { values[Int(byte)] == Self.none ? nil : values[Int(byte)] }

    /// Calls `body` with the first byte of each run of at least `minimum` characters; it returns where to go on, behind
    /// that byte.
    ///
    /// A run holds every byte that is `minimum - 1` ahead of one of its first ones, so most bytes of other text are never
    /// looked at (as in Boyer and Moore's search).
    func forEach(in text: [UInt8], _ body: (Int) -> Int) {
        text.withUnsafeBufferPointer { text in
            values.withUnsafeBufferPointer { values in
                var position = 0
                while position + minimum <= text.count {
                    var start = position + minimum
                    while start > position, values[Int(text[start - 1])] != Self.none { start -= 1 }
                    position = start > position ? start : max(body(position), position + 1)
                }
            }
        }
    }
}

/// Reads characters of a few bits each as bytes.
enum BitPacking {
    /// - Parameters:
    ///   - values: one a character.
    ///   - width: bits of a character, at least 4 and less than 8.
    /// - Returns: the whole bytes.
    static func bytes(_ values: some Sequence<UInt8>, width: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.underestimatedCount * width / 8 + 1)
        var bits: UInt32 = 0
        var count = 0
        for value in values {
            bits = bits << UInt32(width) | UInt32(value)
            count += width
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    /// The characters that a range of bytes is made of.
    static func characters(of bytes: Range<Int>, width: Int) -> Range<Int> {
        bytes.lowerBound * 8 / width..<(bytes.upperBound * 8 + width - 1) / width
    }
}

/// Names a trace: 16 bytes, not all of them zero.
package struct TraceID: Sendable, Hashable, CustomStringConvertible {
    let high: UInt64
    let low: UInt64

    /// nil if both are zero.
    init?(high: UInt64, low: UInt64) {
        guard high | low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// Reads 32 lower-case hexadecimal digits, not all of them zero; nil for anything else.
    package init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 32, let high = Hexadecimal.value(digits[..<16]),
            let low = Hexadecimal.value(digits[16...])
        else { return nil }
        self.init(high: high, low: low)
    }

    /// A new one. Its last seven bytes are random enough for sampling by the ID (Trace Context level 2, random flag).
    package static func random() -> TraceID {
        let (high, low) = RandomWords.pair()
        return TraceID(high: high, low: low) ?? random()
    }

    /// 32 lower-case hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 32) { digits in
            Hexadecimal.write(high, to: digits, at: 0)
            Hexadecimal.write(low, to: digits, at: 16)
            return 32
        }
    }

    /// Whether a trace with this ID is among a share of all, from 0 to 1: the same for everyone who asks.
    package func isAmong(share: Double) -> Bool {
        guard share < 1 else { return true }
        return Double(low >> 8) < share * Double(1 << 56)
    }
}

/// Names a span within its trace: 8 bytes, not all of them zero.
package struct SpanID: Sendable, Hashable, CustomStringConvertible {
    let value: UInt64

    init?(_ value: UInt64) {
        guard value != 0 else { return nil }
        self.value = value
    }

    /// Reads 16 lower-case hexadecimal digits, not all of them zero; nil for anything else.
    package init?(hexadecimal text: String) {
        guard text.utf8.count == 16, let value = Hexadecimal.value(Array(text.utf8)) else { return nil }
        self.init(value)
    }

    package static func random() -> SpanID { SpanID(RandomWords.pair().0) ?? random() }

    /// 16 lower-case hexadecimal digits.
    package var description: String {
        String(unsafeUninitializedCapacity: 16) { digits in
            Hexadecimal.write(value, to: digits, at: 0)
            return 16
        }
    }
}

/// Lower-case hexadecimal digits, as Trace Context writes them.
enum Hexadecimal {
    /// Writes 16 digits into memory that need not be initialised.
    static func write(_ value: UInt64, to place: UnsafeMutableBufferPointer<UInt8>, at start: Int) {
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 15
            place.initializeElement(at: start + index, to: digit + (digit < 10 ? 0x30 : 0x61 - 10))
        }
    }

    /// nil if one of the bytes is no digit, an upper-case letter for instance, or there are more than 16.
    static func value(_ digits: some Collection<UInt8>) -> UInt64? {
        guard (1...16).contains(digits.count) else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}

/// How much a text looks drawn at random.
enum Entropy {
    /// Bits a character, from which on a text counts as random. Random hexadecimal digits have close to 4, words of a
    /// language and placeholders less; a short random text has less than its alphabet allows.
    static let bound = 3.0

    /// Characters of a long text that are enough to tell: a pattern cannot tell a token from what stands directly behind it, which may
    /// be a long row of one character.
    private static let beginning = 48

    /// Shannon's entropy of the characters' frequencies is at least the bound, or is so for the beginning of a long text alone.
    static func isRandom(_ text: some Collection<UInt8>) -> Bool {
        bits(of: text) >= bound
            || text.count > beginning && bits(of: withoutRows(Array(text.prefix(beginning)))) >= bound
    }

    /// The same with a zero for each character that repeats the one before it or counts on from it: placeholders have
    /// `123456789012` where a token has a number, and `xxxx` behind it.
    private static func withoutRows(_ text: [UInt8]) -> [UInt8] {
        zip([0] + text, text).map { before, byte in
            let followsNine = before == UInt8(ascii: "9") && byte == UInt8(ascii: "0")
            return byte == before || byte == before &+ 1 || followsNine ? 0 : byte
        }
    }

    private static func bits(of text: some Collection<UInt8>) -> Double {
        var counts = [Int](repeating: 0, count: 256)
        for byte in text { counts[Int(byte)] += 1 }
        let total = Double(text.count)
        return counts.reduce(0.0) { bits, count in
            guard count > 0 else { return bits }
            let share = Double(count) / total
            return bits - share * binaryLogarithm(share)
        }
    }

    /// log2 of a number in 0<...1, from its exponent and a series for the rest: this room has no mathematics library.
    private static func binaryLogarithm(_ value: Double) -> Double {
        // With y = (m - 1) / (m + 1), ln m = 2 (y + y^3/3 + y^5/5 + ...), and y <= 1/3 for m in 1..<2.
        let mantissa = value.significand
        let y = (mantissa - 1) / (mantissa + 1)
        var (term, sum) = (y, 0.0)
        for odd in stride(from: 1.0, to: 40, by: 2) {
            sum += term / odd
            term *= y * y
        }
        return Double(value.exponent) + 2 * sum / 0.693_147_180_559_945_3
    }
}

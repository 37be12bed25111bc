import ChatAPI

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A value of at most `depth` levels with awkward strings, names and numbers.
    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .number(Self.numbers.randomElement(using: &self) ?? "0")
        case 3: return .string(text())
        case 4: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0...4, using: &self) { object[text()] = value(depth: depth - 1) }
            return .object(object)
        }
    }

    private static let numbers = [
        "0", "-0", "1", "-12.50", "1e400", "1E+2", "0.1e-7", "123456789012345678901234567890",
    ]
    private static let scalars: [Unicode.Scalar] = [
        "a", " ", "\"", "\\", "/", "~", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "\u{301}", "\u{2028}",
        "\u{FEFF}", "漢", "😀", "\u{10FFFF}", "\u{E0041}",
    ]

    private mutating func text() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...8, using: &self) {
            text.unicodeScalars.append(Self.scalars.randomElement(using: &self) ?? "a")
        }
        return text
    }
}

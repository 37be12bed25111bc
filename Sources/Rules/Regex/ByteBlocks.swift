/// Which kinds of bytes each stretch of 64 bytes of a text holds: one look at a text, by which many searches skip what
/// cannot hold a match of theirs.
struct ByteBlocks: Sendable {
    static let size = 64
    /// By block: its kinds.
    let kinds: [UInt8]
    /// Of the whole text.
    let all: UInt8

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        let table = Self.table
        var all: UInt8 = 0
        kinds = table.withUnsafeBufferPointer { table in
            stride(from: 0, to: bytes.count, by: Self.size).map { start in
                var kinds: UInt8 = 0
                for place in start..<min(start + Self.size, bytes.count) { kinds |= table[Int(bytes[place])] }
                all |= kinds
                return kinds
            }
        }
        self.all = all
    }

    static let lowerCase: UInt8 = 1 << 0
    static let upperCase: UInt8 = 1 << 1
    static let digit: UInt8 = 1 << 2
    static let at: UInt8 = 1 << 3
    static let colon: UInt8 = 1 << 4
    /// The other signs of ASCII.
    static let sign: UInt8 = 1 << 5
    /// White space and control characters of ASCII.
    static let space: UInt8 = 1 << 6
    static let foreign: UInt8 = 1 << 7

    /// By byte: its kind.
    private static let table: [UInt8] = (0...255).map { kind(UInt8($0)) }

    static func kind(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x80...: foreign
        case 0x61...0x7A: lowerCase
        case 0x41...0x5A: upperCase
        case 0x30...0x39: digit
        case UInt8(ascii: "@"): at
        case UInt8(ascii: ":"): colon
        case 0x00...0x20, 0x7F: space
        default: sign
        }
    }
}

/// The bytes that words are made of.
enum WordByte {
    static let letter: UInt8 = 1
    /// Digits and signs that are drawn like letters: `0 1 3 4 5 7 @ $`.
    static let drawn: UInt8 = 2
    static let digit: UInt8 = 4
    /// Not ASCII.
    static let foreign: UInt8 = 8

    /// By byte: its kind, 0 if it is of no word.
    static let classes: [UInt8] = (0...255).map { (byte: UInt8) in
        switch byte {
        case 0x80...: foreign
        case _ where ASCIILetters.isLetter(byte): letter
        case _ where letters(for: byte) != nil: drawn
        case 0x30...0x39: digit
        default: 0
        }
    }

    /// By byte: the letter it most likely stands for, in lower case.
    static let likeliest: [UInt8] = (0...255).map { letters(for: $0)?[0] ?? $0 | 0x20 }

    /// The one digit that may be either of two letters.
    static let ambiguous = UInt8(ascii: "1")

    /// The letters that a digit or sign is drawn like, the likeliest first.
    static func letters(for byte: UInt8) -> [UInt8]? {
        switch byte {
        case UInt8(ascii: "0"): [UInt8(ascii: "o")]
        case UInt8(ascii: "1"): [UInt8(ascii: "i"), UInt8(ascii: "l")]
        case UInt8(ascii: "3"): [UInt8(ascii: "e")]
        case UInt8(ascii: "4"), UInt8(ascii: "@"): [UInt8(ascii: "a")]
        case UInt8(ascii: "5"), UInt8(ascii: "$"): [UInt8(ascii: "s")]
        case UInt8(ascii: "7"): [UInt8(ascii: "t")]
        default: nil
        }
    }
}

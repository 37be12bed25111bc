/// What a text's words say about what may be hidden in it, found in one pass, so that plain text is not looked at again.
struct WordSurvey: Sendable, Equatable {
    /// Several words in a row are not common ones: see `CipheredStretches`.
    private(set) var isSuspicious = false
    /// Letters stand alone, several in a row.
    private(set) var hasSpelling = false
    /// A word holds letters and digits or signs that are drawn like letters.
    private(set) var hasMixed = false
    /// Something stands between letters that are no word of their own.
    private(set) var hasNoise = false

    /// Whether a squeezed view may differ from the text.
    var wantsSqueezing: Bool { hasSpelling || hasMixed || hasNoise }

    /// The most a single word adds to the suspicion: one long name is none.
    private static let longest = 6

    init(_ text: [UInt8]) {
        let common = CommonWords.shared
        text.withUnsafeBufferPointer { text in
            WordByte.classes.withUnsafeBufferPointer { classes in
                var position = 0
                var end = 0
                var wasCommon = true
                var singles = 0
                var uncommon = 0
                while position < text.count {
                    var kind = classes[Int(text[position])]
                    guard kind != 0 else {
                        position += 1
                        continue
                    }
                    let start = position
                    var kinds: UInt8 = 0
                    var hash = CommonWords.Hash()
                    repeat {
                        kinds |= kind
                        hash.combine(text[position] | 0x20)
                        position += 1
                        guard position < text.count else { break }
                        kind = classes[Int(text[position])]
                    } while kind != 0
                    let length = position - start
                    let isCommon = kinds == WordByte.letter && length > 1 && common.contains(hash)
                    if length == 1 || kinds == WordByte.foreign && length < 4 {
                        singles = start - end <= Squeezer.widestGap ? singles + 1 : 1
                        if singles >= Squeezer.minimumSpelling { hasSpelling = true }
                    } else {
                        singles = 0
                        if kinds == WordByte.letter {
                            uncommon = max(0, uncommon + (isCommon ? -length : min(length, Self.longest)))
                            if uncommon >= CipheredStretches.suspiciousLetters { isSuspicious = true }
                        } else if kinds == WordByte.letter | WordByte.drawn {
                            hasMixed = true
                        }
                    }
                    if !(isCommon && wasCommon), kinds & WordByte.letter != 0, end > 0,
                        start - end <= Squeezer.widestMark,
                        text[end] != 0x20, text[start - 1] != 0x20
                    {
                        hasNoise = true
                    }
                    wasCommon = isCommon
                    end = position
                }
            }
        }
    }
}

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

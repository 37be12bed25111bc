/// A word's letters in two machine words, so that a word is read, turned and looked up without a loop over its letters.
///
/// The first letter is the lowest byte of `low`, the ninth that of `high`. Letters beyond the sixteenth are counted and not
/// kept: no common word is so long.
struct PackedWord: Sendable, Hashable {
    private(set) var low: UInt64 = 0
    private(set) var high: UInt64 = 0
    private(set) var count = 0

    static let capacity = 16

    init() {}

    /// - Parameter letters: of a word, in lower case.
    init(_ letters: some Sequence<UInt8>) {
        for letter in letters { append(letter) }
    }

    /// The ASCII letters from `start` on, in lower case; nil if there is none, if there are more than fit, or if the text ends
    /// too near to read sixteen bytes.
    @inline(__always)
    init?(lettersOf text: UnsafeRawBufferPointer, from start: Int) {
        guard start + Self.capacity <= text.count else { return nil }
        let first = text.loadUnaligned(fromByteOffset: start, as: UInt64.self)
        let length = Self.letters(first)
        guard length < 8 else {
            let second = text.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self)
            let more = Self.letters(second)
            guard more < 8 else { return nil }
            low = first | ByteWord.every(0x20)
            high = (second | ByteWord.every(0x20)) & ((1 &<< UInt64(8 * more)) &- 1)
            count = 8 + more
            return
        }
        guard length > 0 else { return nil }
        low = (first | ByteWord.every(0x20)) & ((1 &<< UInt64(8 * length)) &- 1)
        count = length
    }

    /// How many of eight bytes, from the first on, are ASCII letters.
    @inline(__always)
    private static func letters(_ bytes: UInt64) -> Int {
        let ascii = bytes & ~ByteWord.high
        let letters = ByteWord.members(ascii | ByteWord.every(0x20), of: 0x61...0x7A) & ~bytes & ByteWord.high
        return (letters ^ ByteWord.high).trailingZeroBitCount / 8
    }

    /// The letter at a place. Only of words that fit.
    @inline(__always)
    subscript(place: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: place < 8 ? low &>> UInt64(8 * place) : high &>> UInt64(8 * (place - 8)))
    }

    /// The first letters. Only of words that fit.
    ///
    /// - Parameter length: at most those that there are.
    @inline(__always)
    func prefix(_ length: Int) -> PackedWord {
        var word = self
        word.count = length
        if length < 8 {
            word.low &= (1 &<< UInt64(8 * length)) &- 1
            word.high = 0
        } else if length < Self.capacity {
            word.high &= (1 &<< UInt64(8 * (length - 8))) &- 1
        }
        return word
    }

    @inline(__always)
    mutating func append(_ letter: UInt8) {
        if count < 8 {
            low |= UInt64(letter) << UInt64(8 * count)
        } else if count < Self.capacity {
            high |= UInt64(letter) << UInt64(8 * (count - 8))
        }
        count += 1
    }

    /// From end to start. Only of words that fit.
    @inline(__always)
    var reversed: PackedWord {
        var word = self
        if count <= 8 {
            word.low = low.byteSwapped &>> UInt64(8 * (8 - count))
        } else {
            // The sixteen bytes turned, less those that stand for nothing.
            let shift = UInt64(8 * (16 - count))
            word.low = shift == 0 ? high.byteSwapped : high.byteSwapped &>> shift | low.byteSwapped &<< (64 - shift)
            word.high = low.byteSwapped &>> shift
        }
        return word
    }

    /// Each letter thirteen further.
    @inline(__always)
    var rotated: PackedWord {
        var word = self
        word.low = Self.rotated(low)
        word.high = Self.rotated(high)
        return word
    }

    /// Letters in lower case; bytes that are 0 stay.
    @inline(__always)
    private static func rotated(_ letters: UInt64) -> UInt64 {
        let later = (ByteWord.members(letters, of: 0x6E...0x7A) & ByteWord.high) >> 7
        let earlier = (ByteWord.members(letters, of: 0x61...0x6D) & ByteWord.high) >> 7
        // 13 is added to one half and taken from the other; no byte leaves its place.
        return letters &+ earlier &* 13 &- later &* 13
    }
}

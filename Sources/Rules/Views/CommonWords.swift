/// The commonest words of English, to tell text from what only looks like letters.
///
/// Looked up by a hash of the packed letters: of the 2^31 values 8,000 are taken, so about one in 270,000 other words counts as
/// common, which costs a reading more and nothing else.
struct CommonWords: Sendable {
    static let shared = CommonWords()

    static let longestWord = 15
    /// Words of one letter.
    static let oneLetter: Set<UInt8> = [UInt8(ascii: "a"), UInt8(ascii: "i")]
    /// A power of two, four times the words.
    private static let capacity = 1 << 15
    /// Open addressing; 0 is free.
    private let slots: [UInt32]
    private let ranks: [UInt16]

    private init() {
        var slots = Array(repeating: UInt32(0), count: Self.capacity)
        var ranks = Array(repeating: UInt16(0), count: Self.capacity)
        let words = CommonWordTable.text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A })
        for (rank, word) in words.enumerated() {
            let hash = Self.hash(of: PackedWord(word))
            var slot = Self.slot(of: hash)
            while slots[slot] != 0, slots[slot] != hash { slot = (slot + 1) & (Self.capacity - 1) }
            guard slots[slot] == 0 else { continue }
            slots[slot] = hash
            ranks[slot] = UInt16(truncatingIfNeeded: rank)
        }
        self.slots = slots
        self.ranks = ranks
    }

    /// Two multiplications by odd constants (the fractions of the golden ratio and of the square root of two) and the upper
    /// half, in which all letters are mixed; never 0.
    @inline(__always)
    private static func hash(of word: PackedWord) -> UInt32 {
        let mixed = (word.low ^ word.high &* 0x6A09_E667_F3BC_C909) &* 0x9E37_79B9_7F4A_7C15
        let again = (mixed ^ mixed >> 32) &* 0x9E37_79B9_7F4A_7C15
        return UInt32(truncatingIfNeeded: again >> 32) | 1 << 31
    }

    @inline(__always)
    private static func slot(of hash: UInt32) -> Int { Int(hash & UInt32(capacity - 1)) }

    @inline(__always)
    func contains(_ word: PackedWord) -> Bool {
        word.count <= Self.longestWord && place(of: Self.hash(of: word)) != nil
    }

    func contains(_ letters: some Sequence<UInt8>) -> Bool { contains(PackedWord(letters)) }

    /// The word's place by frequency, 0 the most frequent; nil if it is no common word.
    func rank(of word: PackedWord) -> Int? {
        guard word.count <= Self.longestWord else { return nil }
        return place(of: Self.hash(of: word)).map { Int(ranks[$0]) }
    }

    /// The slot that holds the hash.
    @inline(__always)
    private func place(of hash: UInt32) -> Int? {
        slots.withUnsafeBufferPointer { slots in
            var slot = Self.slot(of: hash)
            while slots[slot] != hash {
                guard slots[slot] != 0 else { return nil }
                slot = (slot + 1) & (Self.capacity - 1)
            }
            return slot
        }
    }
}

/// The commonest words of English, to tell text from what only looks like letters.
///
/// Looked up by a hash of the packed letters: of the 2^31 values 8,000 are taken (22,000 by the further ones), so about one in
/// 270,000 (100,000) other words counts as common, which costs a reading more and nothing else.
struct CommonWords: Sendable {
    static let shared = CommonWords(CommonWordTable.text, firstRank: 0, capacity: 1 << 15)
    /// Those next in frequency, for where letters stand without spaces or a word is all that there is to go by. Text in other
    /// languages and what is no text holds too many of them by chance to be told from English by these.
    static let further = CommonWords(FurtherWordTable.text, firstRank: 8000, capacity: 1 << 17)

    static let longestWord = 15
    /// Words of one letter.
    static let oneLetter: Set<UInt8> = [UInt8(ascii: "a"), UInt8(ascii: "i")]
    /// Of the slots, less one.
    private let mask: Int
    /// Open addressing; 0 is free.
    private let slots: [UInt32]
    private let ranks: [UInt16]

    /// - Parameters:
    ///   - table: words with white space between them, the most frequent first.
    ///   - capacity: a power of two, four times the words and more.
    private init(_ table: String, firstRank: Int, capacity: Int) {
        mask = capacity - 1
        var slots = Array(repeating: UInt32(0), count: capacity)
        var ranks = Array(repeating: UInt16(0), count: capacity)
        let words = table.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A })
        for (rank, word) in words.enumerated() {
            let hash = Self.hash(of: PackedWord(word))
            var slot = Int(hash) & mask
            while slots[slot] != 0, slots[slot] != hash { slot = (slot + 1) & mask }
            guard slots[slot] == 0 else { continue }
            slots[slot] = hash
            ranks[slot] = UInt16(truncatingIfNeeded: firstRank + rank)
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
            var slot = Int(hash) & mask
            while slots[slot] != hash {
                guard slots[slot] != 0 else { return nil }
                slot = (slot + 1) & mask
            }
            return slot
        }
    }
}

/// The commonest words of English, to tell text from what only looks like letters.
///
/// Looked up by a hash that is computed while a word is read: of the 2^32 values 8,000 are taken, so about one in 500,000
/// other words counts as common, which costs a reading more and nothing else.
struct CommonWords: Sendable {
    static let shared = CommonWords()

    /// A word's hash, byte by byte (FNV-1a).
    struct Hash: Sendable, Hashable {
        private(set) var value: UInt32 = 2_166_136_261

        init() {}

        /// - Parameter letter: of a word, in lower case.
        @inline(__always)
        mutating func combine(_ letter: UInt8) { value = (value ^ UInt32(letter)) &* 16_777_619 }

        init(_ letters: some Sequence<UInt8>) {
            for letter in letters { combine(letter) }
        }
    }

    static let longestWord = 15
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
            let hash = Hash(word)
            var slot = Self.slot(of: hash)
            while slots[slot] != 0, slots[slot] != hash.value { slot = (slot + 1) & (Self.capacity - 1) }
            guard slots[slot] == 0 else { continue }
            slots[slot] = hash.value
            ranks[slot] = UInt16(truncatingIfNeeded: rank)
        }
        self.slots = slots
        self.ranks = ranks
    }

    @inline(__always)
    private static func slot(of hash: Hash) -> Int { Int((hash.value ^ hash.value >> 15) & UInt32(capacity - 1)) }

    @inline(__always)
    func contains(_ hash: Hash) -> Bool { rank(of: hash) != nil }

    func contains(_ letters: some Sequence<UInt8>) -> Bool { contains(Hash(letters)) }

    /// The word's place by frequency, 0 the most frequent.
    @inline(__always)
    func rank(of hash: Hash) -> Int? {
        var slot = Self.slot(of: hash)
        while slots[slot] != 0 {
            if slots[slot] == hash.value { return Int(ranks[slot]) }
            slot = (slot + 1) & (Self.capacity - 1)
        }
        return nil
    }
}

/// Compatibility composition (NFKC, UAX #15), scalar by scalar.
///
/// The tables are read once, at first use.
struct Normalization: Sendable {
    static let shared = Normalization()

    private struct Run: Sendable {
        var first: UInt32
        var count: UInt32
        /// The first scalar's mapping, or the index of an expansion.
        var target: UInt32
        var isExpansion: Bool
    }

    private struct Pair: Hashable, Sendable {
        var first: UInt32
        var second: UInt32
    }

    private let runs: [Run]
    private let expansions: [[UInt32]]
    private let composites: [Pair: UInt32]
    private let decompositions: [UInt32: Pair]
    private let seconds: Set<UInt32>
    /// By 256 scalars: whether any of them is the second of a composite.
    private let hasSeconds: [Bool]

    private init() {
        var runs: [Run] = []
        var expansions: [[UInt32]] = []
        for token in CompatibilityTable.text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
            let sides = token.split(separator: UInt8(ascii: "="))
            guard sides.count == 2 else { continue }
            let from = sides[0].split(separator: UInt8(ascii: "*"))
            let to = sides[1].split(separator: UInt8(ascii: ".")).map { Self.number($0, radix: 16) }
            let count = from.count == 2 ? Self.number(from[1], radix: 10) : 1
            let first = Self.number(from[0], radix: 16)
            if to.count == 1 {
                runs.append(Run(first: first, count: count, target: to[0], isExpansion: false))
            } else {
                runs.append(Run(first: first, count: 1, target: UInt32(expansions.count), isExpansion: true))
                expansions.append(to)
            }
        }
        self.runs = runs
        self.expansions = expansions

        var composites: [Pair: UInt32] = [:]
        var second: UInt32 = 0
        for token in CompositionTable.text.utf8.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
            let sides = token.split(separator: UInt8(ascii: "="))
            if sides.count == 2 {
                let pair = Pair(first: Self.number(sides[0], radix: 16), second: second)
                composites[pair] = Self.number(sides[1], radix: 16)
            } else {
                second = Self.number(token.dropLast(), radix: 16)
            }
        }
        self.composites = composites
        decompositions = Dictionary(uniqueKeysWithValues: composites.map { ($1, $0) })
        seconds = Set(composites.keys.map(\.second))
        let pages = Set(seconds.map { $0 >> 8 })
        hasSeconds = (0...0x1FF).map { pages.contains($0) }
    }

    private static func number(_ digits: Substring.UTF8View, radix: UInt32) -> UInt32 {
        digits.reduce(0) { value, digit in
            value * radix + UInt32(digit <= 0x39 ? digit - 0x30 : digit - 0x41 + 10)
        }
    }

    /// What the scalar becomes; nil if it stays.
    func mapping(of scalar: UInt32) -> [UInt32]? {
        guard scalar >= 0xA0 else { return nil }
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].first <= scalar { low = middle + 1 } else { high = middle }
        }
        guard low > 0, case let run = runs[low - 1], scalar - run.first < run.count else { return nil }
        return run.isExpansion ? expansions[Int(run.target)] : [run.target + scalar - run.first]
    }

    /// Whether the scalar may join the one before it, or a mark before it may: a quick look.
    @inline(__always)
    func mayFollow(_ scalar: UInt32) -> Bool {
        let page = Int(scalar >> 8)
        // Vowels and final consonants of Hangul join by number.
        return page < hasSeconds.count && hasSeconds[page] || page == 0x11
    }

    /// The primary composite of two scalars.
    func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
        // Hangul syllables are numbered by their jamo: leading, vowel, trailing (The Unicode Standard, section 3.12).
        if case 0x1100..<0x1113 = first, case 0x1161..<0x1176 = second {
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        if case 0xAC00..<0xD7A4 = first, case 0x11A8..<0x11C3 = second, (first - 0xAC00) % 28 == 0 {
            return first + second - 0x11A7
        }
        guard mayFollow(second), seconds.contains(second) else { return nil }
        return composites[Pair(first: first, second: second)]
    }

    /// The canonical decomposition, in canonical order for a scalar that is a primary composite.
    func decomposition(of scalar: UInt32) -> [UInt32] {
        guard let pair = decompositions[scalar] else { return [scalar] }
        return decomposition(of: pair.first) + [pair.second]
    }
}

/// The numbers that RFC 1951 fixes.
enum DeflateTables {
    /// Section 3.2.5: the shortest length of each symbol from 257 on, and how many bits say how much longer it is.
    static let lengths: [(base: Int, extra: Int)] = {
        let extra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5]
        var base = 3
        var all: [(base: Int, extra: Int)] = extra.map { bits in
            defer { base += 1 << bits }
            return (base, bits)
        }
        // The last has a symbol of its own.
        all.append((258, 0))
        return all
    }()

    /// The same for distances.
    static let distances: [(base: Int, extra: Int)] = {
        var base = 1
        return (0..<30).map { code in
            let bits = code < 4 ? 0 : code / 2 - 1
            defer { base += 1 << bits }
            return (base, bits)
        }
    }()

    /// Section 3.2.7: in which order the lengths of the code of lengths stand.
    static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    static let shortest = 3
    static let longest = 258

    /// By a length less 3: its symbol less 257.
    static let lengthCodes: [UInt8] = (shortest...longest).map { length in
        UInt8((lengths.lastIndex { $0.base <= length }) ?? 0)
    }

    /// The symbol of a distance, from 1 to 32,768.
    static func distanceCode(_ distance: Int) -> Int {
        let above = distance - 1
        guard above >= 4 else { return above }
        // Two symbols for each doubling.
        let bits = Int.bitWidth - 1 - above.leadingZeroBitCount
        return 2 * bits + (above >> (bits - 1) & 1)
    }
}

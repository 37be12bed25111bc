/// What stands within a word that was cut up, between two of its parts.
enum WordJoint: Hashable {
    /// Marks of emphasis, of which this is the first.
    case markup(UInt8)
    /// Tags of HTML.
    case tags
    /// One sign.
    case sign(UInt8)
    /// A hyphen and a line break.
    case hyphenation

    /// Bytes of markup within a word.
    static let widestMark = 4

    var isMarkup: Bool {
        switch self {
        case .markup, .tags: true
        case .sign, .hyphenation: false
        }
    }

    /// - Parameter gap: what stands between two words; nil if nobody cuts a word up with it.
    init?(_ gap: ArraySlice<UInt8>) {
        guard let first = gap.first else { return nil }
        if gap.count == 1 {
            guard Self.isMark(first) || Self.isSign(first) else { return nil }
            self = Self.isMark(first) ? .markup(first) : .sign(first)
            return
        }
        guard !gap.contains(0x20) else { return nil }
        if first == UInt8(ascii: "<"), gap.last == UInt8(ascii: ">") {
            self = .tags
        } else if gap.count <= Self.widestMark, gap.allSatisfy(Self.isMark) {
            self = .markup(first)
        } else if gap.count == 2, first == UInt8(ascii: "-"), gap.last == 0x0A {
            self = .hyphenation
        } else {
            return nil
        }
    }

    /// The same beside an apostrophe, which belongs to the word; markup also beside a hyphen.
    ///
    /// - Returns: the joint, and its place in the gap.
    static func besideSign(_ gap: ArraySlice<UInt8>) -> (joint: WordJoint, place: Range<Int>)? {
        if let joint = WordJoint(gap) { return (joint, gap.indices) }
        guard let first = gap.first, let last = gap.last else { return nil }
        for (sign, rest) in [(first, gap.dropFirst()), (last, gap.dropLast())] {
            guard let joint = WordJoint(rest) else { continue }
            if sign == UInt8(ascii: "'") || joint.isMarkup && sign == UInt8(ascii: "-") { return (joint, rest.indices) }
        }
        return nil
    }

    /// Marks of emphasis, as people and Markdown write it.
    @inline(__always)
    static func isMark(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "*") || byte == UInt8(ascii: "`") || byte == UInt8(ascii: "~")
    }

    /// Signs that a word is cut up with.
    @inline(__always)
    static func isSign(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "|"),
            UInt8(ascii: ","), UInt8(ascii: "+"), UInt8(ascii: ":"), UInt8(ascii: ";"), 0x0A:
            true
        default: false
        }
    }

    /// A quick look at what may be a joint.
    ///
    /// - Parameter areCommon: whether both words are common ones, which signs between them do not make one.
    @inline(__always)
    static func isPossible(_ text: UnsafeBufferPointer<UInt8>, _ gap: Range<Int>, areCommon: Bool) -> Bool {
        guard !gap.isEmpty, gap.count <= widestMark else { return false }
        let first = text[gap.lowerBound]
        return first == UInt8(ascii: "<") || isMark(first)
            || !areCommon && isSign(first) && (gap.count == 1 || first == UInt8(ascii: "-"))
    }
}

/// Tags that change how text looks and nothing else.
enum PlainTags {
    private static let names: Set<String> = [
        "b", "i", "u", "s", "em", "strong", "small", "big", "sub", "sup", "mark", "span", "font", "code", "tt", "kbd",
        "wbr",
    ]

    /// Whether a row of tags has only these, without attributes: nothing can be read in them.
    static func isRow(_ tags: ArraySlice<UInt8>) -> Bool {
        tags.split(separator: UInt8(ascii: ">")).allSatisfy { tag in
            guard tag.first == UInt8(ascii: "<") else { return false }
            let name = tag.dropFirst().drop { $0 == UInt8(ascii: "/") }
            return names.contains(String(decoding: name, as: UTF8.self).lowercased())
        }
    }
}

/// A set of Unicode scalars as sorted, disjoint, non-adjacent ranges of code points.
struct ScalarSet: Sendable, Hashable {
    private(set) var ranges: [ClosedRange<UInt32>]

    static let maximum: UInt32 = 0x10FFFF

    init() { ranges = [] }

    /// - Parameter ranges: in any order, overlapping or not.
    init(_ ranges: some Sequence<ClosedRange<UInt32>>) {
        self.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound &+ 1 {
                let upper = Swift.max(last.upperBound, range.upperBound)
                self.ranges[self.ranges.count - 1] = last.lowerBound...upper
            } else {
                self.ranges.append(range)
            }
        }
    }

    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    var isEmpty: Bool { ranges.isEmpty }

    /// How many code points the set holds.
    var count: Int { ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }

    func contains(_ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= value
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    var inverted: ScalarSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = range.upperBound + 1
        }
        if next <= Self.maximum { result.append(next...Self.maximum) }
        return ScalarSet(result)
    }

    /// The set with the other letter cases of its members: simple mappings only, one scalar to one scalar, so that
    /// ignoring case never changes how many scalars a pattern matches. `ß` does not match `SS`.
    var ignoringCase: ScalarSet {
        var result = ranges
        for range in ranges {
            for cased in Self.cased.ranges where range.overlaps(cased) {
                for value in range.clamped(to: cased) {
                    for variant in Self.caseVariants[value] ?? [] { result.append(variant...variant) }
                }
            }
        }
        return ScalarSet(result)
    }

    /// By scalar: all forms that lead to it or from it, over whatever others, by lower and upper case: `ſ`, `s` and `S`, or `ς`, `σ` and
    /// `Σ`. Those that have no other form are missing.
    private static let caseVariants: [UInt32: [UInt32]] = {
        var forms: [UInt32: Set<UInt32>] = [:]
        for range in cased.ranges {
            for value in range {
                guard let scalar = Unicode.Scalar(value) else { continue }
                for mapping in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
                    let scalars = mapping.unicodeScalars
                    guard let other = scalars.first, scalars.count == 1, other != scalar else { continue }
                    forms[value, default: []].insert(other.value)
                    forms[other.value, default: []].insert(value)
                }
            }
        }
        var variants: [UInt32: [UInt32]] = [:]
        for start in forms.keys where variants[start] == nil {
            var all: Set<UInt32> = [start]
            var rest = [start]
            while let next = rest.popLast() {
                for form in forms[next] ?? [] where all.insert(form).inserted { rest.append(form) }
            }
            // Letters of ASCII have each other only: what looks like one (the Kelvin sign, the long s) is one in the canonical view,
            // and their words are what is searched for first.
            let plain = all.filter { $0 < 0x80 }
            for member in all { variants[member] = Array(member < 0x80 ? plain : all) }
        }
        return variants
    }()
}

extension ScalarSet {
    static let asciiDigits = ScalarSet([0x30...0x39])
    static let newline = ScalarSet([0x0A...0x0A])
    static let all = ScalarSet([0...maximum])

    /// Unicode's White_Space.
    static let whitespace = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
        0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ])

    /// Letters, marks, decimal digits and connector punctuation of all scripts (UTS #18, annex C, without the joiners).
    static let word = collect { scalar in
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: scalar.properties.isAlphabetic
        }
    }

    /// What of `word` belongs to scripts that write without spaces, or join words of other scripts with their own (Korean
    /// particles).
    static let unspaced = collect { scalar in
        (ScalarClass.writesWithoutSpaces(scalar.value) || ScalarClass.isHangul(scalar.value))
            && word.contains(scalar.value)
    }

    /// What has another letter case.
    private static let cased = collect { $0.properties.changesWhenUppercased || $0.properties.changesWhenLowercased }

    /// Goes over the planes that hold letters: nothing beyond the third ideographic extension is one.
    private static func collect(where isMember: (Unicode.Scalar) -> Bool) -> ScalarSet {
        var ranges: [ClosedRange<UInt32>] = []
        var start: UInt32?
        for value in UInt32(0)...0x33480 {
            let holds = Unicode.Scalar(value).map(isMember) ?? false
            if holds, start == nil { start = value }
            if !holds, let first = start {
                ranges.append(first...(value - 1))
                start = nil
            }
        }
        return ScalarSet(ranges)
    }
}

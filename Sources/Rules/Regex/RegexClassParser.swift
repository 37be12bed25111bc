/// Reads a character class, `[...]`.
struct RegexClassParser {
    let scalars: [Unicode.Scalar]
    /// The scalar after `[` at first, the one after `]` at the end.
    var position: Int
    /// Where `[` is.
    let openedAt: Int

    /// The members as written and whether the class holds all others instead. They are given apart because ignoring
    /// letter case widens the members before the class is negated.
    mutating func parse() throws(RegexError) -> (members: ScalarSet, isNegated: Bool) {
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while true {
            let start = position
            guard let scalar = peek() else {
                throw RegexError(position: openedAt + 1, message: "the class is not closed; a ']' is missing")
            }
            // A ']' that comes first is a member, as in POSIX.
            if scalar == "]", !isFirst {
                position += 1
                break
            }
            isFirst = false
            if scalar == "[", position + 1 < scalars.count, scalars[position + 1] == ":" {
                throw RegexError(position: start + 1, message: "POSIX classes are not supported; write \\w, \\d or \\s")
            }
            switch try member() {
            case .set(let set):
                ranges += set.ranges
            case .assertion:
                throw RegexError(position: start + 1, message: "an assertion cannot stand in a class")
            case .scalar(let lower):
                // A '-' that comes last is a member.
                guard peek() == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                    ranges.append(lower.value...lower.value)
                    continue
                }
                position += 1
                guard case .scalar(let upper) = try member() else {
                    throw RegexError(position: start + 1, message: "a range must end in a single character")
                }
                guard lower <= upper else {
                    throw RegexError(position: start + 1, message: "the range ends before it begins")
                }
                ranges.append(lower.value...upper.value)
            }
        }
        return (ScalarSet(ranges), isNegated)
    }

    private mutating func member() throws(RegexError) -> RegexEscape {
        let start = position
        guard let scalar = peek() else {
            throw RegexError(position: openedAt + 1, message: "the class is not closed; a ']' is missing")
        }
        position += 1
        guard scalar == "\\" else { return .scalar(scalar) }
        var reader = RegexEscapeReader(scalars: scalars, position: position, escapedAt: start)
        let escape = try reader.read(inClass: true)
        position = reader.position
        return escape
    }

    private func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }
}

/// Reads the dialect that `RegexSyntax` documents.
struct RegexParser {
    struct Flags {
        var ignoreCase: Bool
        var multiline = false
        var dotMatchesNewline = false
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0
    private var flags: Flags

    /// - Throws: `RegexError` with the position of the fault.
    static func parse(_ pattern: String, ignoreCase: Bool) throws(RegexError) -> RegexNode {
        guard pattern.utf8.count <= RegexLimits.patternLength else {
            throw RegexError(
                position: nil,
                message:
                    "the pattern has \(pattern.utf8.count) bytes and may have \(RegexLimits.patternLength); split it"
            )
        }
        var parser = RegexParser(pattern, ignoreCase: ignoreCase)
        let node = try parser.alternation()
        if parser.peek() != nil {
            throw parser.error("there is no group that this ')' closes; write '\\)' for the character")
        }
        return node
    }

    private init(_ pattern: String, ignoreCase: Bool) {
        scalars = Array(pattern.unicodeScalars)
        flags = Flags(ignoreCase: ignoreCase)
    }

    // MARK: Expressions

    private mutating func alternation() throws(RegexError) -> RegexNode {
        var branches = [try concatenation()]
        while take("|") { branches.append(try concatenation()) }
        return branches.count == 1 ? branches[0] : .alternation(branches)
    }

    private mutating func concatenation() throws(RegexError) -> RegexNode {
        var parts: [RegexNode] = []
        while let next = peek(), next != "|", next != ")" {
            let atom = try atom()
            parts.append(try quantified(atom))
        }
        switch parts.count {
        case 0: return .empty
        case 1: return parts[0]
        default: return .concatenation(parts)
        }
    }

    private mutating func atom() throws(RegexError) -> RegexNode {
        let start = position
        guard let scalar = next() else { return .empty }
        switch scalar {
        case "(": return try group(openedAt: start)
        case "[":
            var parser = RegexClassParser(scalars: scalars, position: position, openedAt: start)
            let set = try parser.parse()
            position = parser.position
            return .scalar(cased(set.members).invertedIf(set.isNegated))
        case ".": return .scalar(flags.dotMatchesNewline ? .all : ScalarSet.newline.inverted)
        case "^": return .assertion(flags.multiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.multiline ? .lineEnd : .textEnd)
        case "\\": return try escape(at: start)
        case "*", "+", "?":
            throw error("nothing stands before '\(scalar)' to repeat; write '\\\(scalar)' for the character", at: start)
        case "{":
            throw error("nothing stands before '{' to repeat; write '\\{' for the character", at: start)
        default: return .scalar(cased(ScalarSet(scalar)))
        }
    }

    private mutating func escape(at start: Int) throws(RegexError) -> RegexNode {
        var reader = RegexEscapeReader(scalars: scalars, position: position, escapedAt: start)
        let escape = try reader.read(inClass: false)
        position = reader.position
        switch escape {
        case .scalar(let scalar): return .scalar(cased(ScalarSet(scalar)))
        case .set(let set): return .scalar(set)
        case .assertion(let assertion): return .assertion(assertion)
        }
    }

    private func cased(_ set: ScalarSet) -> ScalarSet { flags.ignoreCase ? set.ignoringCase : set }

    // MARK: Groups

    private mutating func group(openedAt start: Int) throws(RegexError) -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= RegexLimits.nestingDepth else {
            throw error("groups are nested more than \(RegexLimits.nestingDepth) deep", at: start)
        }
        let outer = flags
        if take("?") {
            if take(")") { throw error("'(?)' is not a group", at: start) }
            // `(?i)` sets flags for the rest of the enclosing group; `(?i:...)` and `(?:...)` open one of their own.
            if try groupFlags(openedAt: start) { return .empty }
        }
        let node = try alternation()
        guard take(")") else { throw error("the group is not closed; a ')' is missing", at: start) }
        flags = outer
        return node
    }

    /// Reads what follows `(?`, up to `:` or `)`. True if it ended in `)`.
    private mutating func groupFlags(openedAt start: Int) throws(RegexError) -> Bool {
        var value = true
        while let scalar = next() {
            switch scalar {
            case "i": flags.ignoreCase = value
            case "m": flags.multiline = value
            case "s": flags.dotMatchesNewline = value
            case "-" where value: value = false
            case ":": return false
            case ")": return true
            case "=", "!":
                throw error("look-ahead is not supported: it cannot be matched in linear time", at: start)
            case "<" where peek() == "=" || peek() == "!":
                throw error("look-behind is not supported: it cannot be matched in linear time", at: start)
            case "P", "<", "'":
                throw error("named groups are not supported; write '(...)', groups capture nothing here", at: start)
            case ">":
                throw error("atomic groups are not supported; nothing backtracks here, write '(?:...)'", at: start)
            default:
                throw error("'\(scalar)' is not a flag; there are i, m and s", at: position - 1)
            }
        }
        throw error("the group is not closed; a ')' is missing", at: start)
    }

    // MARK: Quantifiers

    private mutating func quantified(_ atom: RegexNode) throws(RegexError) -> RegexNode {
        let start = position
        guard let bounds = try quantifier() else { return atom }
        if case .assertion = atom {
            throw error("an assertion cannot be repeated", at: start)
        }
        let isGreedy = !take("?")
        if let scalar = peek(), scalar == "*" || scalar == "+" || scalar == "?" {
            throw error(
                scalar == "+" ? "possessive quantifiers are not supported" : "a quantifier follows a quantifier",
                at: position
            )
        }
        if peek() == "{" { throw error("a quantifier follows a quantifier", at: position) }
        return .repetition(atom, minimum: bounds.minimum, maximum: bounds.maximum, isGreedy: isGreedy)
    }

    private mutating func quantifier() throws(RegexError) -> (minimum: Int, maximum: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = position
        guard take("{") else { return nil }
        guard let minimum = try number() else {
            throw error("'{' begins a count such as {2,5}; write '\\{' for the character", at: start)
        }
        var maximum: Int? = minimum
        if take(",") { maximum = try number() }
        guard take("}") else { throw error("the count is not closed; a '}' is missing", at: start) }
        if let maximum, maximum < minimum {
            throw error("the count asks for at least \(minimum) and at most \(maximum)", at: start)
        }
        return (minimum, maximum)
    }

    private mutating func number() throws(RegexError) -> Int? {
        let start = position
        var value: Int?
        while let scalar = peek(), ("0"..."9").contains(scalar) {
            position += 1
            value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), RegexLimits.repetitionCount + 1)
        }
        if let value, value > RegexLimits.repetitionCount {
            throw error("a count may be \(RegexLimits.repetitionCount) at the most", at: start)
        }
        return value
    }

    // MARK: The pattern

    private func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        position += 1
        return scalar
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    private func error(_ message: String, at position: Int? = nil) -> RegexError {
        RegexError(position: (position ?? self.position) + 1, message: message)
    }
}

extension ScalarSet {
    func invertedIf(_ condition: Bool) -> ScalarSet { condition ? inverted : self }
}

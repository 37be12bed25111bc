/// Values of the environment in the scalars of a file: `${NAME}`, and `${NAME:-default}` where it is not set or empty, as a
/// shell has it. `$${` stands for the characters `${`.
///
/// They are put in after the text was parsed, so a value can never become a key, a list or a second value. What rules look for
/// and their tests stay as they are written, but for a matcher with `expand: true`.
struct Variables {
    /// What was put in, by name; empty for one that had no value and a default.
    private(set) var values: [String: String] = [:]
    private(set) var problems: [Problem] = []
    private let environment: PolicyLoader.Environment
    private let limits: YAMLLimits
    /// Bytes that were read or put in so far.
    private var expanded = 0

    /// Keys whose values are not touched: those of rules, and what aliases put elsewhere.
    private static let literal: Set = ["match", "tests", "definitions"]

    init(_ environment: @escaping PolicyLoader.Environment, limits: YAMLLimits) {
        self.environment = environment
        self.limits = limits
    }

    /// The tree with the values in it.
    mutating func expand(_ node: YAMLNode, isLiteral: Bool = false) -> YAMLNode {
        var node = node
        switch node.content {
        case .refused: break
        case .sequence(let items): node.content = .sequence(items.map { expand($0, isLiteral: isLiteral) })
        case .mapping(let entries):
            let isMarked = isLiteral && entries.contains { $0.name == "expand" && $0.value.text == "true" }
            node.content = .mapping(
                entries.map { entry in
                    let isKept = isLiteral ? !isMarked : Self.literal.contains(entry.name)
                    return YAMLEntry(key: entry.key, value: expand(entry.value, isLiteral: isKept))
                }
            )
        case .scalar(let text, let isPlain):
            guard !isLiteral, Self.mayHoldReference(text) else { break }
            expand(text, isPlain: isPlain, of: &node)
        }
        return node
    }

    /// Bytes are compared and no characters: aliases may bring the same long text thousands of times.
    private static func mayHoldReference(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.indices.dropLast().contains { bytes[$0] == UInt8(ascii: "$") && bytes[$0 + 1] == UInt8(ascii: "{") }
        }
    }

    private mutating func expand(_ text: String, isPlain: Bool, of node: inout YAMLNode) {
        guard take(text.utf8.count, for: node) else {
            node.content = .refused
            return
        }
        var result = ""
        var references = 0
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                references += 1
                guard let end = rest.firstIndex(of: "}") else {
                    note(node, dollar, length: 2, "'${' without '}'", hint: "write $${ for the characters themselves")
                    node.content = .refused
                    return
                }
                let reference = rest[rest.index(rest.startIndex, offsetBy: 2)..<end]
                guard let value = value(of: reference, at: dollar, in: node), take(value.utf8.count, for: node) else {
                    node.content = .refused
                    return
                }
                result += value
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        result += rest
        // A variable alone may be a number, quoted or not: in braces YAML wants it quoted.
        let isAlone = references == 1 && text.hasPrefix("${") && text.hasSuffix("}")
        node.content = .scalar(result, isPlain: isPlain || isAlone)
    }

    /// Counts what is read or put in.
    ///
    /// - Returns: false from where it is too much on, which is told once.
    private mutating func take(_ bytes: Int, for node: YAMLNode) -> Bool {
        guard expanded <= limits.expanded else { return false }
        expanded += bytes
        if expanded <= limits.expanded { return true }
        problems.append(
            Problem(
                node,
                "the texts with variables up to here have more than \(limits.expanded) bytes",
                hint: "each alias of such a text counts: write fewer of them, or shorter values"
            )
        )
        return false
    }

    /// - Parameter reference: what stands between the braces.
    private mutating func value(of reference: Substring, at place: String.Index, in node: YAMLNode) -> String? {
        let length = reference.unicodeScalars.count + 3
        let name = String(reference.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        let rest = reference.dropFirst(name.count)
        guard let first = name.first, !first.isNumber, rest.isEmpty || rest.hasPrefix(":-") else {
            note(
                node,
                place,
                length: length,
                "'${\(String(reference).clipped)}' is no variable",
                hint: "write ${NAME} or ${NAME:-default}, and $${ for the characters themselves"
            )
            return nil
        }
        let value = environment(name)
        values[name] = value ?? ""
        if rest.isEmpty {
            guard let value else {
                note(
                    node,
                    place,
                    length: length,
                    "the variable '\(name.clipped)' is not set",
                    hint: "set it, or give a default: ${\(name.clipped):-...}"
                )
                return nil
            }
            return value
        }
        guard let value, !value.isEmpty else { return String(rest.dropFirst(2)) }
        return value
    }

    /// Notes a problem at a place within a scalar, where that place is known: not behind a line break or an escape.
    private mutating func note(_ node: YAMLNode, _ place: String.Index, length: Int, _ message: String, hint: String) {
        guard case .scalar(let text, let isPlain) = node.content else { return }
        let count = text.unicodeScalars.count
        let lead = isPlain && node.length == count ? 0 : node.length == count + 2 ? 1 : nil
        guard let lead, node.origin == nil else {
            problems.append(Problem(node, message, hint: hint))
            return
        }
        let offset = text.unicodeScalars.distance(from: text.startIndex, to: place)
        let mark = SourceMark(line: node.mark.line, column: node.mark.column + lead + offset)
        problems.append(Problem(at: mark, length: length, message, hint: hint))
    }
}

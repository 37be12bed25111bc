/// What libyaml says is wrong, put so that somebody who edits a policy can act on it.
struct YAMLSyntaxProblem {
    /// libyaml's words, for example "did not find expected key".
    var text: String
    /// What it was doing, for example "while parsing a block mapping".
    var context: String?
    var mark: SourceMark
    /// Where the thing in the context began.
    var start: SourceMark?
    /// The byte at the mark.
    var nextByte: UInt8?

    var problem: Problem {
        let doing = context.map { " \($0)" } ?? ""
        return Problem(at: mark, "not valid YAML: \(text)\(doing)", hint: hint)
    }

    private var hint: String? {
        if isTab { return "indent with spaces, not with tabs" }
        let began = start.flatMap { $0.line == mark.line ? nil : "; it began at line \($0.line)" } ?? ""
        return advice.map { $0 + began }
    }

    private var isTab: Bool {
        text.hasPrefix("found a tab character")
            || text.hasPrefix("found character that cannot start any token") && nextByte == UInt8(ascii: "\t")
    }

    private var advice: String? {
        if text.hasPrefix("found character that cannot start any token") {
            return "put a text that begins with this character in quotes"
        }
        if text.hasPrefix("mapping values are not allowed") {
            return "check the indentation, and put a text that contains ': ' in quotes"
        }
        if text.hasPrefix("could not find expected ':'") { return "a key is followed by ': ' on the same line" }
        if text.hasPrefix("found unknown escape character") || text.contains("escape code") {
            return "a backslash is an escape in double quotes: put regular expressions in single quotes"
        }
        if text.hasPrefix("found unexpected end of stream") { return "close the quotes" }
        if text.contains("','") || text.contains("']'") || text.contains("'}'") { return "close the bracket" }
        if text.hasPrefix("did not find expected") { return "check the indentation" }
        if text.hasPrefix("found incompatible YAML document") { return "remove the '%YAML' line" }
        return nil
    }
}

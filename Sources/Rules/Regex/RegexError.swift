/// Why a pattern is not accepted.
struct RegexError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the pattern, counted in Unicode scalars from 1; nil if the whole pattern is meant.
    var position: Int?
    /// What is wrong and what to do.
    var message: String

    var description: String {
        if let position { "\(message) (at character \(position) of the pattern)" } else { message }
    }
}

/// What a pattern may cost. Operators write patterns, but a rule pack may come from elsewhere, and a nested count such as
/// `(a{999}){999}` asks for a million instructions in a dozen characters.
enum RegexLimits {
    /// UTF-8 bytes of a pattern.
    static let patternLength = 4096
    /// The largest number in `{m,n}`.
    static let repetitionCount = 1000
    /// Groups within groups; the parser and the compiler recurse once for each.
    static let nestingDepth = 100
    /// Instructions of the compiled program; a search costs at most a small multiple of this for each scalar of the text.
    static let programSize = 10_000
}

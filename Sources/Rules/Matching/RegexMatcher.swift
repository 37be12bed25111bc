import Policy

/// A regular expression and what its matches must pass besides.
struct RegexMatcher: Sendable {
    let expression: LinearRegex
    let checksum: Checksum?

    /// - Parameter blocks: those of the text, to skip what can hold no match; nil to look everywhere.
    func matches(in bytes: UnsafeBufferPointer<UInt8>, limit: Int, blocks: ByteBlocks?) -> LinearRegex.Matches {
        guard let checksum else { return expression.matches(in: bytes, limit: limit, blocks: blocks) }
        return expression.matches(in: bytes, limit: limit, blocks: blocks) { checksum.number(in: bytes[$0]) }
    }
}

import Policy

/// A regular expression and what its matches must pass besides.
struct RegexMatcher: Sendable {
    let expression: LinearRegex
    let checksum: Checksum?

    func matches(in bytes: UnsafeBufferPointer<UInt8>, limit: Int) -> LinearRegex.Matches {
        guard let checksum else { return expression.matches(in: bytes, limit: limit) }
        return expression.matches(in: bytes, limit: limit) { checksum.number(in: bytes[$0]) }
    }
}

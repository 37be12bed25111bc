/// A parsed regular expression.
indirect enum RegexNode: Sendable, Equatable {
    /// Matches the empty text.
    case empty
    /// One scalar of the set.
    case scalar(ScalarSet)
    case assertion(RegexAssertion)
    case concatenation([RegexNode])
    /// Earlier branches are preferred.
    case alternation([RegexNode])
    /// `maximum` nil is without bound; `isGreedy` prefers more repetitions.
    case repetition(RegexNode, minimum: Int, maximum: Int?, isGreedy: Bool)

    /// Whether the expression can match the empty text somewhere. Assertions are taken to hold.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .scalar: false
        case .concatenation(let parts): parts.allSatisfy(\.isNullable)
        case .alternation(let branches): branches.contains(where: \.isNullable)
        case .repetition(let body, let minimum, _, _): minimum == 0 || body.isNullable
        }
    }

    /// Instructions that the expression compiles to; saturates, so that nested counts cannot overflow.
    var programSize: Int {
        switch self {
        case .empty: 0
        case .scalar, .assertion: 1
        case .concatenation(let parts): parts.reduce(0) { Self.add($0, $1.programSize) }
        case .alternation(let branches): branches.reduce(0) { Self.add($0, Self.add($1.programSize, 2)) }
        case .repetition(let body, let minimum, let maximum, _):
            Self.multiply(Self.add(body.programSize, 2), maximum ?? (minimum + 1))
        }
    }

    private static func add(_ a: Int, _ b: Int) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? .max : sum
    }

    private static func multiply(_ a: Int, _ b: Int) -> Int {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        return overflow ? .max : product
    }
}

/// A condition on a position; it matches no text.
enum RegexAssertion: Sendable, Hashable {
    /// `^`
    case textStart
    /// `$`
    case textEnd
    /// `^` with flag `m`
    case lineStart
    /// `$` with flag `m`
    case lineEnd
    /// `\b`
    case wordBoundary
    /// `\B`
    case notWordBoundary
}

/// Which strings a text must contain to be worth a search.
///
/// Everything here is in folded form (see `FoldedText`). Folding works scalar by scalar and joins white space, so if a
/// text contains a string then the folded text contains the folded string, and skipping a text without any of the
/// strings loses no match.
enum RequiredLiterals {
    /// Shorter strings are in every text.
    static let minimumLength = 3
    /// More alternatives than this filter little and fill the automaton.
    static let maximumCount = 32
    /// Scalars of a class that are spelled out.
    private static let classLimit = 8
    /// Repetitions that are spelled out.
    private static let copyLimit = 16

    /// What is known of an expression's matches.
    private struct Knowledge {
        /// All its matches, folded; nil if they are too many.
        var exact: Set<[UInt8]>?
        /// Every match contains one of these.
        var required: Set<[UInt8]>?

        /// The better of both kinds.
        var best: Set<[UInt8]>? { RequiredLiterals.better(exact.flatMap(RequiredLiterals.useful), required) }
    }

    /// Strings of which every match of the expression contains one; nil if none of use are known.
    static func ofEveryMatch(_ node: RegexNode) -> Set<[UInt8]>? { knowledge(of: node).best }

    private static func knowledge(of node: RegexNode) -> Knowledge {
        switch node {
        case .empty, .assertion: return Knowledge(exact: [[]])
        case .scalar(let set): return Knowledge(exact: folded(set))
        case .concatenation(let parts): return concatenation(parts.map(knowledge))
        case .alternation(let branches): return alternation(branches.map(knowledge))
        case .repetition(let body, let minimum, let maximum, _):
            let body = knowledge(of: body)
            // White space is joined in folded text: any number of it is one space.
            if body.exact == [[0x20]], maximum != 0 {
                return Knowledge(exact: minimum == 0 ? [[], [0x20]] : [[0x20]])
            }
            if minimum == 0 {
                guard maximum == 1, let exact = body.exact else { return Knowledge() }
                return Knowledge(exact: exact.union([[]]))
            }
            let copies = Array(repeating: body, count: min(minimum, copyLimit))
            return concatenation(copies, more: minimum != maximum || minimum > copyLimit)
        }
    }

    /// - Parameter more: whether something unknown follows.
    private static func concatenation(_ parts: [Knowledge], more: Bool = false) -> Knowledge {
        var run: Set<[UInt8]> = [[]]
        var best: Set<[UInt8]>?
        var isExact = !more
        for part in parts {
            if let exact = part.exact, let product = product(run, exact) {
                run = product
                continue
            }
            isExact = false
            best = better(best, useful(run))
            best = better(best, part.required)
            run = part.exact ?? [[]]
        }
        best = better(best, useful(run))
        return Knowledge(exact: isExact ? run : nil, required: best)
    }

    private static func alternation(_ branches: [Knowledge]) -> Knowledge {
        var exact: Set<[UInt8]>? = []
        var required: Set<[UInt8]>? = []
        for branch in branches {
            exact = branch.exact.flatMap { exact?.union($0) }
            required = branch.best.flatMap { required?.union($0) }
        }
        return Knowledge(exact: exact.flatMap(bounded), required: required.flatMap(useful))
    }

    /// What the members of a class fold to, if that is few strings.
    private static func folded(_ set: ScalarSet) -> Set<[UInt8]>? {
        if set == .whitespace { return [[0x20]] }
        guard set.count <= classLimit else { return nil }
        var strings: Set<[UInt8]> = []
        for range in set.ranges {
            for value in range {
                guard let scalar = Unicode.Scalar(value) else { continue }
                strings.insert(FoldedText.fold(scalar))
            }
        }
        return strings
    }

    private static func product(_ left: Set<[UInt8]>, _ right: Set<[UInt8]>) -> Set<[UInt8]>? {
        guard left.count * right.count <= maximumCount else { return nil }
        var result: Set<[UInt8]> = []
        for prefix in left {
            for suffix in right {
                let joinsSpace = prefix.last == 0x20 && suffix.first == 0x20
                result.insert(prefix + suffix.dropFirst(joinsSpace ? 1 : 0))
            }
        }
        return result
    }

    private static func bounded(_ strings: Set<[UInt8]>) -> Set<[UInt8]>? {
        strings.count <= maximumCount ? strings : nil
    }

    private static func useful(_ strings: Set<[UInt8]>) -> Set<[UInt8]>? {
        guard !strings.isEmpty, strings.count <= maximumCount else { return nil }
        return strings.allSatisfy { $0.count >= minimumLength } ? strings : nil
    }

    /// The set whose shortest string is longer: longer strings are rarer.
    private static func better(_ a: Set<[UInt8]>?, _ b: Set<[UInt8]>?) -> Set<[UInt8]>? {
        guard let a else { return b }
        guard let b else { return a }
        let (shortestA, shortestB) = (a.map(\.count).min() ?? 0, b.map(\.count).min() ?? 0)
        return shortestB > shortestA ? b : a
    }
}

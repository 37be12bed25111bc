@testable import Rules

/// The textbook backtracking matcher: slow, but short enough to be seen to be right. The engine is compared with it.
///
/// Its time is exponential, so it gives up after a number of steps; the caller goes on with the next pattern.
final class BacktrackingReference {
    struct GaveUp: Error {}

    private static let stepLimit = 20_000

    private let node: RegexNode
    private let scalars: [Unicode.Scalar]
    private var steps = 0

    private init(node: RegexNode, scalars: [Unicode.Scalar]) {
        self.node = node
        self.scalars = scalars
    }

    static func matches(_ pattern: String, ignoreCase: Bool = false, in text: String) throws -> [Range<Int>] {
        let reference = BacktrackingReference(
            node: try RegexParser.parse(pattern, ignoreCase: ignoreCase),
            scalars: Array(text.unicodeScalars)
        )
        var offsets = [0]
        for scalar in reference.scalars { offsets.append(offsets[offsets.count - 1] + UTF8.width(scalar)) }
        var spans: [Range<Int>] = []
        var start = 0
        while start <= reference.scalars.count {
            let end = reference.end(from: start)
            guard reference.steps <= stepLimit else { throw GaveUp() }
            if let end, end > start {
                spans.append(offsets[start]..<offsets[end])
                start = end
            } else {
                start += 1
            }
        }
        return spans
    }

    private func end(from start: Int) -> Int? {
        var end: Int?
        _ = match(node, start) { position in
            end = position
            return true
        }
        return end
    }

    /// Tries the ways to match at a position, preferred first, until `then` accepts one.
    private func match(_ node: RegexNode, _ position: Int, _ then: (Int) -> Bool) -> Bool {
        steps += 1
        guard steps <= Self.stepLimit else { return false }
        switch node {
        case .empty: return then(position)
        case .scalar(let set):
            return position < scalars.count && set.contains(scalars[position].value) && then(position + 1)
        case .assertion(let assertion): return holds(assertion, position) && then(position)
        case .concatenation(let parts): return match(parts[...], position, then)
        case .alternation(let branches): return branches.contains { match($0, position, then) }
        case .repetition(let body, let minimum, let maximum, let isGreedy):
            return loop(body, minimum, maximum, isGreedy, position, then)
        }
    }

    private func match(_ parts: ArraySlice<RegexNode>, _ position: Int, _ then: (Int) -> Bool) -> Bool {
        guard let first = parts.first else { return then(position) }
        return match(first, position) { match(parts.dropFirst(), $0, then) }
    }

    private func loop(
        _ body: RegexNode,
        _ minimum: Int,
        _ maximum: Int?,
        _ isGreedy: Bool,
        _ position: Int,
        _ then: (Int) -> Bool
    ) -> Bool {
        func more() -> Bool {
            guard maximum != 0 else { return false }
            return match(body, position) { next in
                // A round that matches nothing would go on for ever in a loop without bound.
                (next > position || minimum > 0 || maximum != nil)
                    && loop(body, max(0, minimum - 1), maximum.map { $0 - 1 }, isGreedy, next, then)
            }
        }
        if minimum > 0 { return more() }
        return isGreedy ? more() || then(position) : then(position) || more()
    }

    private func holds(_ assertion: RegexAssertion, _ position: Int) -> Bool {
        let before = position > 0 ? scalars[position - 1] : nil
        let after = position < scalars.count ? scalars[position] : nil
        let isBoundary = isWord(before) != isWord(after) || isUnspaced(before) != isUnspaced(after)
        return switch assertion {
        case .textStart: before == nil
        case .textEnd: after == nil
        case .lineStart: before == nil || before == "\n"
        case .lineEnd: after == nil || after == "\n"
        case .wordBoundary: isBoundary
        case .notWordBoundary: !isBoundary
        }
    }

    private func isWord(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { ScalarSet.word.contains($0.value) } ?? false }

    private func isUnspaced(_ scalar: Unicode.Scalar?) -> Bool {
        scalar.map { ScalarSet.unspaced.contains($0.value) } ?? false
    }
}

/// Random patterns of the dialect and texts that have a chance to match them.
struct PatternGenerator {
    var random: SeededGenerator

    mutating func pattern(depth: Int = 3) -> String {
        let branches = (0..<Int.random(in: 1...(depth > 1 ? 2 : 1), using: &random)).map { _ in sequence(depth: depth) }
        return branches.joined(separator: "|")
    }

    private mutating func pick<Option>(_ options: [Option]) -> Option {
        options[Int.random(in: 0..<options.count, using: &random)]
    }

    private mutating func sequence(depth: Int) -> String {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in piece(depth: depth) }.joined()
    }

    private mutating func piece(depth: Int) -> String {
        let atoms = [
            "a", "b", "c", "é", "я", "中", " ", "\n", ".", "\\d", "\\w", "\\s", "[ab]", "[^a]", "[a-c1-3]", "\\S", "😀",
            "abc",
        ]
        let assertions = ["\\b", "\\B", "^", "$", "(?m:^)", "(?m:$)"]
        let roll = Int.random(in: 0..<10, using: &random)
        if roll == 0 { return pick(assertions) }
        let atom =
            roll < 3 && depth > 1
            ? pick(["(", "(?:", "(?i:"]) + pattern(depth: depth - 1) + ")"
            : pick(atoms)
        let quantifiers = ["", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}", "{0,2}?"]
        return (atom == "abc" ? "(?:abc)" : atom) + pick(quantifiers)
    }

    /// A text that the pattern is likely to match: the pattern walked at random, assertions taken to hold.
    mutating func sample(_ node: RegexNode) -> String {
        switch node {
        case .empty, .assertion: return ""
        case .scalar(let set):
            // Negated classes are almost everything; what the other texts are made of is likelier to matter.
            let likely = "aBc1 é\n\tЯ中😀".unicodeScalars.filter { set.contains($0.value) }
            let first = set.ranges.first.flatMap { Unicode.Scalar($0.lowerBound) }
            return String((likely.randomElement(using: &random) ?? first).map(Character.init) ?? "?")
        case .concatenation(let parts):
            var text = ""
            for part in parts { text += sample(part) }
            return text
        case .alternation(let branches): return sample(pick(branches))
        case .repetition(let body, let minimum, let maximum, _):
            var text = ""
            for _ in 0..<Int.random(in: minimum...min(maximum ?? .max, minimum + 2), using: &random) {
                text += sample(body)
            }
            return text
        }
    }

    mutating func text() -> String { random.text(of: "aabbccAB12 \néя中😀_-", length: 0...14) }
}

extension RegexNode {
    /// Whether something that can match nothing is repeated without bound. There the preferred match is a matter of taste:
    /// engines that backtrack differ among themselves.
    var hasNullableLoop: Bool {
        switch self {
        case .empty, .scalar, .assertion: false
        case .concatenation(let nodes), .alternation(let nodes): nodes.contains(where: \.hasNullableLoop)
        case .repetition(let body, _, let maximum, _): maximum == nil && body.isNullable || body.hasNullableLoop
        }
    }
}

import Synchronization

/// A compiled regular expression whose search time is linear in the text, whatever pattern and text.
///
/// Matches are leftmost; among those that begin at the same place the first is taken that the pattern prefers (greedy
/// quantifiers more, lazy ones less, earlier branches first), as Perl's are. They never overlap and are never empty. Only
/// where something that can match nothing is repeated without bound, `(a*b??)+`, may the end be another than Perl's.
final class LinearRegex: Sendable {
    /// Matches of one pattern in one text.
    struct Matches: Equatable {
        /// Ascending, disjoint, non-empty UTF-8 offsets.
        var spans: [Range<Int>]
        /// How far the search came if it stopped early: there may be more matches from there on.
        var stop: Int?
        /// Work done.
        var steps: Int
    }

    /// What a search may cost, as a multiple of scalars times instructions. A single match never reaches it; a pattern
    /// such as `a.*b|a` on a text of a's would, because every match looks ahead to the end.
    static let stepBudget = 4

    let program: RegexProgram
    /// Folded strings of which every match contains at least one; nil if none are known. See `RequiredLiterals`.
    let requiredLiterals: Set<[UInt8]>?
    /// A byte that every match holds; nil if none is rare. See `RequiredByte`.
    let requiredByte: RequiredByte?
    private let idle: Mutex<[Searcher]>

    /// Automata are kept for the next search; each search has one to itself.
    private struct Searcher: @unchecked Sendable {
        var automaton: LazyDFA
        var machine: PikeMachine
    }

    /// - Throws: `RegexError` with what is wrong and where.
    init(_ pattern: String, ignoreCase: Bool = false) throws(RegexError) {
        let node = try RegexParser.parse(pattern, ignoreCase: ignoreCase)
        guard !node.isNullable else {
            throw RegexError(
                position: nil,
                message: "the pattern matches the empty text and so every text; make a part of it required"
            )
        }
        program = try RegexProgram(node)
        requiredLiterals = RequiredLiterals.ofEveryMatch(node)
        requiredByte = RequiredByte.ofEveryMatch(node)
        idle = Mutex([])
    }

    /// - Parameters:
    ///   - limit: matches to find at the most; at least one.
    ///   - blocks: those of the text, to skip what can hold no match; nil to look everywhere.
    ///   - accept: what of a match counts, nil for nothing of it; an accepted part is not empty and lies in the match. What
    ///     is refused is searched again from its second scalar on, as long as that is cheap.
    func matches(
        in bytes: UnsafeBufferPointer<UInt8>,
        limit: Int,
        blocks: ByteBlocks? = nil,
        accept: (_ match: Range<Int>) -> Range<Int>? = { $0 }
    ) -> Matches {
        if let blocks, let requiredByte, blocks.all & requiredByte.kinds == 0 {
            return Matches(spans: [], stop: nil, steps: 0)
        }
        var searcher =
            idle.withLock { $0.popLast() }
            ?? Searcher(automaton: LazyDFA(program, required: requiredByte), machine: PikeMachine(program))
        defer { idle.withLock { [searcher] in $0.append(searcher) } }
        let stepsBefore = searcher.automaton.steps + searcher.machine.steps
        let budget = Self.stepBudget * (bytes.count + 1) * program.instructions.count
        var result = Matches(spans: [], stop: nil, steps: 0)
        var position = 0
        while let candidate = searcher.automaton.scan(bytes, from: position, blocks: blocks),
            let match = searcher.machine.match(bytes, from: candidate.windowStart), !match.isEmpty
        {
            result.steps = searcher.automaton.steps + searcher.machine.steps - stepsBefore
            if let span = accept(match) {
                result.spans.append(span)
                position = span.upperBound
            } else if result.steps > budget / 2 {
                position = match.upperBound
            } else {
                position = match.lowerBound + UTF8Scalars.decode(bytes, at: match.lowerBound).length
            }
            if result.spans.count >= max(1, limit) || result.steps > budget {
                result.stop = position
                break
            }
        }
        result.steps = searcher.automaton.steps + searcher.machine.steps - stepsBefore
        return result
    }
}

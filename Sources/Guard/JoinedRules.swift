import GuardCore
import Rules

/// Rule matches that no part shows alone: those across the border of two parts of one turn, and those in a part that is readable
/// only behind the others.
struct JoinedRules {
    /// A part that a rule matched.
    private struct Place: Hashable {
        var rule: String
        var segment: Int
    }

    /// The most parts of one match that are told one by one.
    static let mostPieces = 256

    /// What an upstream may put between two parts.
    private static let separators = ["", " ", "\n"]

    /// Matches across borders, cut at the borders and mapped back onto the parts.
    ///
    /// - Parameters:
    ///   - rules: the compiled rules.
    ///   - alone: where they match each part by itself.
    ///   - segments: all inspected texts; a match's `segment` indexes them.
    ///   - turns: the groups of `segments`.
    static func matches(
        of rules: RuleSet,
        in segments: [TextSegment],
        turns: [TurnText],
        phase: Phase,
        beside alone: [RuleMatch]
    ) -> [RuleMatch] {
        guard !rules.isEmpty else { return [] }
        var found: [RuleMatch] = []
        // Most that matches in one join does in all of them.
        var seen: Set<RuleMatch> = []
        let known = Dictionary(grouping: alone) { Place(rule: $0.ruleID, segment: $0.segment) }
        func isKnown(_ match: RuleMatch) -> Bool {
            known[Place(rule: match.ruleID, segment: match.segment)]?
                .contains { $0.span.lowerBound <= match.span.lowerBound && match.span.upperBound <= $0.span.upperBound }
                ?? false
        }
        for turn in turns {
            for joined in [turn] + alike(turn, segments) where joined.members.count > 1 {
                for separator in separators {
                    let (text, starts) = joined.joined(segments, separator: separator)
                    let whole = TextSegment(path: "", role: turn.role, turn: turn.turn, text: text)
                    for match in rules.matches(in: [whole], phase: phase) {
                        let pieces = pieces(of: match, turn: joined, starts: starts, segments: segments)
                        // A match inside one part was found there already, if the part can be read without the others.
                        guard pieces.count > 1 || !pieces.allSatisfy(isKnown) else { continue }
                        for piece in pieces where seen.insert(piece).inserted { found.append(piece) }
                    }
                }
            }
        }
        return found
    }

    /// The parts of a turn that stand in members of the same name: a file's name between two texts does not part them.
    private static func alike(_ turn: TurnText, _ segments: [TextSegment]) -> [TurnText] {
        guard turn.members.count > 2 else { return [] }
        let byName = Dictionary(grouping: turn.members) { member in
            segments[member].path.split(separator: "/").last { $0.contains { !$0.isNumber } } ?? ""
        }
        guard byName.count > 1 else { return [] }
        return byName.values.filter { $0.count > 1 }
            .sorted { $0[0] < $1[0] }
            .map { TurnText(members: $0, role: turn.role, turn: turn.turn) }
    }

    /// The parts that a match touches. Of very many the last is told with those that the match covers on the way to it.
    private static func pieces(
        of match: RuleMatch,
        turn: TurnText,
        starts: [Int],
        segments: [TextSegment]
    ) -> [RuleMatch] {
        // Of very many parts most matches touch one or two: the others are not looked at for each.
        let first = position(of: match.span.lowerBound, among: starts)
        let last = max(first, position(of: match.span.upperBound - 1, among: starts))
        func piece(_ position: Int) -> RuleMatch {
            let (member, start) = (turn.members[position], starts[position])
            let overlap = match.span.clamped(to: start..<(start + segments[member].text.utf8.count))
            return RuleMatch(
                ruleID: match.ruleID,
                segment: member,
                span: (overlap.lowerBound - start)..<(overlap.upperBound - start)
            )
        }
        guard last - first >= mostPieces else { return (first...last).map(piece).filter { !$0.span.isEmpty } }
        let covered = first + mostPieces - 1
        var end = piece(last)
        end.covered = turn.members[covered..<last]
        return (first..<covered).map(piece).filter { !$0.span.isEmpty } + [end]
    }

    /// The last of the ascending starts that is not behind an offset: that of the part it is in, or of the one in front of it.
    private static func position(of offset: Int, among starts: [Int]) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] <= offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return max(low - 1, 0)
    }
}

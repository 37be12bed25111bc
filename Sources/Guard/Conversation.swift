import GuardCore

/// A request's turns as they were spoken, so that the last one can be read behind the others.
struct Conversation {
    /// The last turn behind the ones before it, and which of the turns it is; nil where nothing was said before.
    let lastTurn: (index: Int, input: ClassifierInput)?

    /// - Parameters:
    ///   - turns: of one request.
    ///   - segments: that the turns' members are indices of.
    ///   - earlier: what was said before the request's own turns, where it only names it.
    init(_ turns: [TurnText], _ segments: [TextSegment], after earlier: [ClassifierInput.Turn] = []) {
        // Instructions of the operator and strings of no turn are no part of what was said.
        let spoken = turns.indices
            .filter { turns[$0].turn != nil && [.user, .assistant, .tool].contains(turns[$0].role) }
            .sorted { turns[$0].turn ?? 0 < turns[$1].turn ?? 0 }
        guard let last = spoken.last, spoken.count > 1 || !earlier.isEmpty, turns[last].role != .assistant else {
            lastTurn = nil
            return
        }
        func text(_ index: Int) -> String { turns[index].joined(segments, separator: "\n").text }
        let before = spoken.dropLast().map { ClassifierInput.Turn(role: turns[$0].role, text: text($0)) }
        lastTurn = (last, ClassifierInput(role: turns[last].role, text: text(last), context: earlier + before))
    }
}

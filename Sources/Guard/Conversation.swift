import GuardCore

/// A request's turns as they were spoken, so that the last one can be read behind the others.
struct Conversation {
    /// The last turn that is not the LLM's behind the ones before it, and which of the turns it is; nil where nothing was said
    /// before.
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
        // What the answer is to begin with is no turn of its own, and hides none.
        guard let position = spoken.lastIndex(where: { turns[$0].role != .assistant }),
            position > 0 || !earlier.isEmpty
        else {
            lastTurn = nil
            return
        }
        func text(_ index: Int) -> String { turns[index].joined(segments, separator: "\n").text }
        let last = spoken[position]
        let before = spoken[..<position].map { ClassifierInput.Turn(role: turns[$0].role, text: text($0)) }
        lastTurn = (last, ClassifierInput(role: turns[last].role, text: text(last), context: earlier + before))
    }
}

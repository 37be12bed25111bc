/// The texts that a generation may come to, as a deterministic finite automaton over tokens: at each place the model chooses
/// among the tokens that lead on to one of them (constrained decoding: Willard and Louf 2023, "Efficient Guided Generation
/// for Large Language Models").
///
/// It starts in `start` and has one end, from which nothing goes on.
package struct TokenAutomaton: Sendable {
    package struct State: Sendable, Hashable {
        fileprivate var index: Int32
    }

    /// A text is the beginning of another: the automaton could not tell whether to end or to go on.
    package struct Ambiguity: Error, Sendable, Hashable {}

    /// A token that leads on, and where to.
    struct Edge: Sendable, Hashable {
        var token: Int32
        var target: State
        /// The next edge of the same state, by its place; none if negative.
        fileprivate var sibling: Int32
    }

    /// What is written in place of what the model is not sure of.
    package struct Reserve: Sendable, Hashable {
        /// Of those that may be written in `start`; the likeliest of them is taken.
        package var tokens: [Int32]
        /// Of the probability of all tokens that may be written in `start`: what the likeliest one has to have at least.
        package var share: Double

        package init(tokens: [Int32], share: Double) {
            self.tokens = tokens
            self.share = share
        }
    }

    package static let start = State(index: 0)
    package static let end = State(index: 1)

    /// Of each state, its edge that was added last, by its place.
    private var last: [Int32] = [-1, -1]
    private var edges: [Edge] = []
    /// For the first token; nil if the likeliest is always taken.
    package var reserve: Reserve?

    package init() {}

    /// A state that nothing leads to yet.
    package mutating func addState() -> State {
        last.append(-1)
        return State(index: Int32(last.count - 1))
    }

    /// Leads from one state to another by way of tokens. Beginnings that are equal share states.
    ///
    /// - Parameter tokens: one at least.
    /// - Throws: `Ambiguity` if they, or a beginning of them, lead from `start` to somewhere else already.
    package mutating func add(_ tokens: [Int32], from start: State, to end: State) throws(Ambiguity) {
        guard let final = tokens.last else { throw Ambiguity() }
        var state = start
        for token in tokens.dropLast() {
            if let edge = edge(token, from: state) {
                guard edge.target != end, edge.target != Self.end else { throw Ambiguity() }
                state = edge.target
            } else {
                let next = addState()
                append(token, from: state, to: next)
                state = next
            }
        }
        if let edge = edge(final, from: state) {
            guard edge.target == end else { throw Ambiguity() }
        } else {
            append(final, from: state, to: end)
        }
    }

    /// Where a token leads; nil if it may not be written there.
    package func target(of token: Int32, from state: State) -> State? { edge(token, from: state)?.target }

    /// The tokens that may be written in a state.
    package func tokens(in state: State) -> [Int32] { edges(from: state).map(\.token) }

    /// The only token that may be written in a state, if it is one, and where it leads.
    func onlyEdge(from state: State) -> Edge? {
        let place = last[Int(state.index)]
        guard place >= 0, edges[Int(place)].sibling < 0 else { return nil }
        return edges[Int(place)]
    }

    func edges(from state: State) -> some Sequence<Edge> {
        sequence(state: last[Int(state.index)]) { place in
            guard place >= 0 else { return nil }
            let edge = edges[Int(place)]
            place = edge.sibling
            return edge
        }
    }

    /// Tokens of the longest text; the automaton has no loops as long as no path was added back to a state before it.
    package var longest: Int {
        var lengths = [Int](repeating: -1, count: last.count)
        func length(_ state: State) -> Int {
            let known = lengths[Int(state.index)]
            if known >= 0 { return known }
            let found = edges(from: state).reduce(0) { max($0, 1 + length($1.target)) }
            lengths[Int(state.index)] = found
            return found
        }
        return length(Self.start)
    }

    private func edge(_ token: Int32, from state: State) -> Edge? {
        edges(from: state).first { $0.token == token }
    }

    private mutating func append(_ token: Int32, from state: State, to target: State) {
        edges.append(Edge(token: token, target: target, sibling: last[Int(state.index)]))
        last[Int(state.index)] = Int32(edges.count - 1)
    }
}

/// Which of the turns before a text are read with it, and how much of each.
///
/// The latest turns matter most, but a window that always ends at the limit begins at another place with every turn, and then nothing
/// of what was read for the turn before can be used again. So the window begins only at marks that depend on nothing but the turns
/// before them, and moves on from mark to mark: most turns find the states of all the ones before in the prefix cache.
struct ContextWindow {
    /// Tokens of the turns' texts, without the words around them.
    let limit: Int

    /// Tokens that are kept of any turn but the last; marks are at least so far apart.
    private var share: Int { limit / 2 }

    /// What a turn takes of the limit at the least: the words around it are read too, however little it says.
    private var least: Int { min(4, share) }

    /// Turns that are read at the most, where none takes more than the least.
    var mostTurns: Int { limit > 1 ? limit / least : 0 }

    /// The tokens of the turns that are read, in order, each with its place in `turns`.
    ///
    /// Of a turn that is too long both ends are kept: half the limit of an earlier one, of the last one what the others leave.
    ///
    /// - Parameters:
    ///   - turns: the lengths of all texts, in UTF-8 bytes.
    ///   - encode: gives the tokens of the turn at a place, of one that has more than twice `limit` only the first `limit` and the
    ///     last `limit`; called for no more turns than fit.
    func tokens(of turns: [Int], encode: (Int) -> [Int32]) -> [(turn: Int, tokens: [Int32])] {
        guard limit > 1 else { return [] }
        var found: [(turn: Int, tokens: [Int32])] = []
        var left = limit
        for turn in turns.indices.reversed() {
            let tokens = encode(turn)
            let taken = max(min(tokens.count, share), least)
            guard taken <= left else { break }
            left -= taken
            found.append((turn, tokens))
        }
        guard let oldest = found.last?.turn else { return [] }
        let start = marks(turns).first { $0 >= oldest } ?? oldest
        found.removeAll { $0.turn < start }
        let others = found.dropFirst().reduce(0) { $0 + min($1.tokens.count, share) }
        return found.reversed().map { turn, tokens in
            (turn, Self.bothEnds(of: tokens, turn == turns.count - 1 ? limit - others : share))
        }
    }

    /// Where a window may begin: at the first turn, and wherever a share or more has been said since the last mark. Tokens are
    /// guessed from bytes, so that a long conversation is not tokenised from its beginning for each of its turns.
    private func marks(_ turns: [Int]) -> [Int] {
        var marks = [0]
        var said = 0
        for (turn, bytes) in turns.enumerated() {
            said += min(bytes / 4, share)
            if said >= share, turn + 1 < turns.count {
                marks.append(turn + 1)
                said = 0
            }
        }
        return marks
    }

    /// The tokens, or of more than `limit` as many from both ends.
    static func bothEnds(of tokens: [Int32], _ limit: Int) -> [Int32] {
        tokens.count <= limit ? tokens : Array(tokens.prefix(limit / 2) + tokens.suffix(limit - limit / 2))
    }
}

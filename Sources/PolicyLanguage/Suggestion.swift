/// Finds what somebody meant who wrote something that is not known.
enum Suggestion {
    /// Names that are compared with one, at the most.
    private static let mostNames = 1000

    /// "did you mean 'x'?", or the list of what is known.
    static func hint(for word: String, among known: [String]) -> String {
        if let nearest = nearest(to: word, among: known) { return "did you mean '\(nearest)'?" }
        return "known: \(known.joined(separator: ", "))"
    }

    /// The known word with the fewest changes, if they are few enough for a slip: a third of the letters.
    /// Letter case and `-` or a space for `_` are no change at all.
    static func nearest(to word: String, among known: [String]) -> String? {
        // No slip is longer than this, and the table below grows with both lengths.
        guard word.count <= 64 else { return nil }
        let folded = folded(word)
        var best: (word: String, distance: Int)?
        for candidate in known.prefix(mostNames) where abs(candidate.count - word.count) <= max(1, candidate.count / 3)
        {
            let distance = distance(folded, self.folded(candidate))
            guard distance <= max(1, candidate.count / 3) else { continue }
            if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
        }
        return best?.word
    }

    private static func folded(_ word: String) -> [Character] {
        word.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 }
    }

    /// Letters inserted, dropped, changed, or swapped with the next (restricted Damerau-Levenshtein distance).
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}

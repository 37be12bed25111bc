/// How likely an answer calls a text harmful, by the words that it may begin with.
struct Verdict: Sendable, Equatable {
    /// What a word says.
    struct Word: Sendable {
        var text: String
        /// The probability of harm if the model means it: 0...1.
        var harm: Double
    }

    /// 0...1.
    var harm: Double
    /// The word that the model wrote, as it stands in the list.
    var word: String
    /// What the model wrote behind it.
    var rest: Substring

    /// The least that the words' probabilities have to make up together to be believed.
    private static let leastMass = 0.1
    /// How far the written word may stand against the probabilities: a word of several tokens may do so by a little.
    private static let mostContradiction = 0.7

    /// - Parameters:
    ///   - words: in lower case.
    ///   - marker: what stands before the word, in lower case; nil if the answer begins with the word.
    /// - Throws: `EngineFailure.unreadable` if the answer has none of the words there, `contradiction` if the probabilities
    ///   say something else than the words.
    init(of completion: Completion, words: [Word], after marker: String? = nil) throws(EngineFailure) {
        guard let (word, rest) = Self.written(completion.text, words, marker) else {
            throw .unreadable("it says nothing about the text")
        }
        self.word = word.text
        self.rest = rest
        harm = word.harm
        guard let likely = Self.likely(completion.positions, words, marker) else { return }
        guard abs(likely - word.harm) < Self.mostContradiction else { throw .contradiction }
        harm = likely
    }

    private static func written(_ text: String, _ words: [Word], _ marker: String?) -> (Word, Substring)? {
        var rest = text[...]
        if let marker {
            guard let place = rest.lowercasedRange(of: marker) else { return nil }
            rest = rest[place.upperBound...]
        }
        rest = rest.drop { $0.isWhitespace || "\"'*`".contains($0) }
        // The longest first, where one word begins like another.
        for word in words.sorted(by: { $0.text.count > $1.text.count })
        where rest.prefix(word.text.count).lowercased() == word.text {
            let behind = rest.dropFirst(word.text.count)
            if let next = behind.first, next.isLetter || next.isNumber { continue }
            return (word, behind)
        }
        return nil
    }

    /// The expected harm over the words that could stand at the deciding place; nil if the server did not say.
    private static func likely(_ positions: [Completion.Position], _ words: [Word], _ marker: String?) -> Double? {
        var written = ""
        for position in positions {
            defer { written += position.token.lowercased() }
            if let marker, !written.contains(marker) { continue }
            guard !position.token.allSatisfy(\.isWhitespace) else { continue }
            var (mass, harm) = (0.0, 0.0)
            for candidate in position.candidates {
                let text = candidate.text.lowercased().trimmed
                // A beginning that two words share says nothing.
                let meant = words.filter { !text.isEmpty && $0.text.hasPrefix(text) }
                guard meant.count == 1, let word = meant.first else { continue }
                mass += candidate.probability
                harm += candidate.probability * word.harm
            }
            guard mass >= leastMass, mass <= 1.01 else { return nil }
            return harm / mass
        }
        return nil
    }
}

extension Substring {
    /// Where a text of lower-case ASCII letters stands, whatever the case here.
    func lowercasedRange(of text: String) -> Range<Index>? {
        let wanted = Array(text.utf8)
        guard !wanted.isEmpty else { return nil }
        var start = utf8.startIndex
        while start < utf8.endIndex {
            var (place, matched) = (start, 0)
            while place < utf8.endIndex, matched < wanted.count {
                let byte = utf8[place]
                let lower = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                guard lower == wanted[matched] else { break }
                matched += 1
                utf8.formIndex(after: &place)
            }
            if matched == wanted.count { return start..<place }
            utf8.formIndex(after: &start)
        }
        return nil
    }

}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        var text = self[...].drop { $0.isWhitespace }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

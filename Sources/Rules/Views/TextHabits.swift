/// How the words of a whole text are written: where enough of them are certain, the rest is read alike.
///
/// `te-ll` is certain, `d-o` is not; `h0w` is certain, `70` is a number. In a text of many such words they are not.
struct TextHabits {
    /// Different words that must be certain.
    static let minimumWords = 3
    /// Bytes of text for each word that is certain, at the most.
    static let bytesPerWord = 512

    /// What the text's words are cut up with.
    private(set) var cuts: Set<WordJoint> = []
    /// Whether digits and signs stand for letters.
    private(set) var drawsLetters = false

    var isPlain: Bool { cuts.isEmpty && !drawsLetters }

    /// - Parameters:
    ///   - text: all of it.
    ///   - tokens: its words in all stretches where any may be certain.
    ///   - all: all of its words. Asked for only if those are enough.
    init(of text: [UInt8], tokens: [[WordToken]], all: () -> [WordToken]) {
        var first = Tally()
        for tokens in tokens { first.count(tokens, of: text) }
        guard first.cuts.values.contains(where: { $0.isHabit(of: text) }) || first.drawn.isHabit(of: text) else {
            return
        }
        // Words that speak against it may stand anywhere.
        var tally = Tally()
        tally.count(all(), of: text)
        cuts = Set(tally.cuts.filter { $1.isHabit(of: text) }.keys)
        drawsLetters = tally.drawn.isHabit(of: text)
    }

    /// What words tell of one habit.
    private struct Votes {
        /// Certain ones, each once, as many as are needed.
        var words: Set<PackedWord> = []
        var certain = 0
        /// Words that make no sense when read so.
        var against = 0

        var isEnough: Bool { words.count >= TextHabits.minimumWords }
        func isHabit(of text: [UInt8]) -> Bool {
            isEnough && certain * TextHabits.bytesPerWord >= text.count && certain * 2 >= against
        }

        mutating func add(_ word: DrawnWord) {
            certain += 1
            if !isEnough { words.insert(PackedWord(word.letters)) }
        }
    }

    private struct Tally {
        var cuts: [WordJoint: Votes] = [:]
        var drawn = Votes()

        mutating func count(_ tokens: [WordToken], of text: [UInt8]) {
            var start = 0
            while start < tokens.count {
                countDrawn(tokens[start], of: text)
                guard let joint = Self.joint(before: start + 1, tokens, text) else {
                    start += 1
                    continue
                }
                var end = start + 2
                while Self.joint(before: end, tokens, text) == joint { end += 1 }
                countParts(tokens[start..<end], joint, of: text)
                for token in tokens[start + 1..<end - 1] { countDrawn(token, of: text) }
                // The last may begin a row of its own, cut with something else.
                start = end - 1
            }
        }

        private static func joint(before index: Int, _ tokens: [WordToken], _ text: [UInt8]) -> WordJoint? {
            guard index < tokens.count, tokens[index].isWord, tokens[index - 1].isWord else { return nil }
            return WordJoint(text[tokens[index - 1].range.upperBound..<tokens[index].range.lowerBound])
        }

        private mutating func countParts(_ parts: ArraySlice<WordToken>, _ joint: WordJoint, of text: [UInt8]) {
            let word = WordParts(parts, of: text)
            if let whole = word.cutWord {
                cuts[joint, default: Votes()].add(whole)
            } else if !word.isCommon, word.areWords {
                cuts[joint, default: Votes()].against += parts.count - 1
            }
        }

        private mutating func countDrawn(_ token: WordToken, of text: [UInt8]) {
            guard token.kinds & WordByte.letter != 0, token.kinds & (WordByte.drawn | WordByte.digit) != 0 else {
                return
            }
            guard token.isWord, DrawnWord.isCommon(text[token.range]) else {
                drawn.against += 1
                return
            }
            if token.range.count >= 3 { drawn.add(DrawnWord(text[token.range])) }
        }
    }
}

/// Makes the squeezed view of a text: words that are spelled out (`k i l l`, `k.i.l.l`), cut up (`k**il**l`, `ki-ll`, a line
/// break within) or drawn with digits and signs (`k1ll`) as they are meant.
///
/// What stands within a word is taken out only where the parts are no words and the whole is a common one, or where nobody
/// means anything else by it: several letters in a row that stand alone, markup between letters. In a text that has the habit
/// (see `TextHabits`) less is asked of each word. The rest of the text stays.
struct Squeezer {
    struct Result: Sendable, Equatable {
        var bytes: [UInt8]
        var map: OffsetMap
        /// Whether common words have come to light.
        var isMaterial = false
        /// Whether the model need not read the text itself beside it: its words are cut up, spelled out or drawn with digits
        /// throughout, and all that is gone is signs and spaces within words, where nothing can be read.
        var isEnough = false
    }

    /// A byte of the view and what it stands for.
    struct Unit {
        var byte: UInt8
        var source: Range<Int>
    }

    let text: [UInt8]
    let habits: TextHabits
    /// Of the stretch that is being read.
    private(set) var tokens: [WordToken] = []
    var result = Result(bytes: [], map: OffsetMap())
    /// Whether nothing that could be read is gone, and no sign was read as a letter where that is no habit.
    var isFaithful = true
    /// Bytes of the words that were spelled out.
    var spelledBytes = 0
    /// Up to where the text is in the result.
    private var position = 0
    private var isChanged = false

    /// The squeezed view of UTF-8 text; nil if it is the text itself.
    static func squeeze(_ text: [UInt8], _ survey: WordSurvey) -> Result? {
        guard !survey.squeezable.isEmpty else { return nil }
        var stretches = survey.squeezable.map { WordToken.all(of: text, in: $0) }
        var all: [WordToken] = []
        let habits = TextHabits(of: text, tokens: stretches) {
            all = WordToken.all(of: text, in: text.indices)
            return all
        }
        // A habit concerns words that look plain, too.
        if !habits.isPlain { stretches = [all] }
        var squeezer = Squeezer(text, habits)
        for tokens in stretches {
            squeezer.tokens = SpelledNumbers.parted(tokens, of: text)
            squeezer.readTokens()
        }
        guard squeezer.isChanged else { return nil }
        squeezer.copy(to: text.count)
        let isThroughout = !habits.isPlain || squeezer.spelledBytes * 4 >= text.count * 3
        squeezer.result.isEnough = squeezer.result.isMaterial && squeezer.isFaithful && isThroughout
        return squeezer.result
    }

    private init(_ text: [UInt8], _ habits: TextHabits) {
        self.text = text
        self.habits = habits
    }

    private mutating func readTokens() {
        var index = 0
        var run = SpellingRun()
        while index < tokens.count {
            if let end = readCut(from: index) {
                index = end
                continue
            }
            if index >= run.end { run = spelling(from: index) }
            if run.isSpelling(from: index) {
                writeSpace(before: index)
                readSpelling(index..<run.end)
                writeSpace(behind: run.end)
                index = run.end
                continue
            }
            if let end = readParts(from: index) {
                index = end
                continue
            }
            readDrawn(tokens[index])
            index += 1
        }
    }

    func gap(before index: Int) -> Range<Int> {
        tokens[index - 1].range.upperBound..<tokens[index].range.lowerBound
    }

    // MARK: Drawn words

    mutating func readDrawn(_ token: WordToken) {
        if habits.drawsLetters {
            readDrawnByHabit(token)
            return
        }
        guard token.kinds == WordByte.letter | WordByte.drawn, !token.isSingle else { return }
        let word = DrawnWord(text[token.range])
        guard word.letters.count >= 3, word.isCommon || readsAsLetters(text[token.range]) else { return }
        write(token, as: word)
    }

    /// Where digits stand for letters, words of digits alone are words if they are common ones, and any with letters is.
    private mutating func readDrawnByHabit(_ token: WordToken) {
        guard token.kinds & WordByte.drawn != 0, token.kinds & WordByte.digit == 0 else { return }
        var word = DrawnWord(text[token.range])
        let endsWord = isBehindApostrophe(token)
        if endsWord, text[token.range].elementsEqual("11".utf8) { word.letters = Array("ll".utf8) }
        let isNumber = token.kinds == WordByte.drawn && !endsWord
        let isOne = token.isSingle && CommonWords.oneLetter.contains(word.letters[0])
        guard !isNumber || isOne || !token.isSingle && word.isCommon else { return }
        if isOne, word.letters[0] == UInt8(ascii: "i") {
            copy(to: token.range.lowerBound)
            write([Unit(byte: UInt8(ascii: "I"), source: token.range)])
        } else {
            write(token, as: word)
        }
    }

    private func isBehindApostrophe(_ token: WordToken) -> Bool {
        let start = token.range.lowerBound
        return start > 1 && text[start - 1] == UInt8(ascii: "'") && WordByte.classes[Int(text[start - 2])] != 0
    }

    private mutating func write(_ token: WordToken, as word: DrawnWord) {
        if !habits.drawsLetters { isFaithful = false }
        copy(to: token.range.lowerBound)
        write(zip(token.range, word.letters).map { unit(at: $0, letter: $1) })
        if word.isCommon { result.isMaterial = true }
    }

    /// Digits between letters, and fewer of them: a rare word more likely than a number.
    private func readsAsLetters(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last, ASCIILetters.isLetter(first), ASCIILetters.isLetter(last)
        else { return false }
        let letters = bytes.count { ASCIILetters.isLetter($0) }
        return bytes.count >= 4 && letters * 2 > bytes.count
            && !bytes.contains { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "$") }
    }

    // MARK: Writing

    func unit(at place: Int, letter: UInt8) -> Unit {
        let byte = text[place]
        return Unit(byte: ASCIILetters.isLetter(byte) || byte >= 0x80 ? byte : letter, source: place..<place + 1)
    }

    mutating func copy(to end: Int) {
        guard end > position else { return }
        result.bytes += text[position..<end]
        result.map.append(viewLength: end - position, source: position..<end)
        position = end
    }

    mutating func write(_ units: [Unit]) {
        for unit in units {
            result.bytes.append(unit.byte)
            result.map.append(viewLength: 1, source: unit.source)
        }
        position = max(position, units.last?.source.upperBound ?? position)
        isChanged = true
    }
}

/// Finds words that stand without anything between them: `tellmehowthatisdone`, `TellMeHowThatIsDone`.
enum JoinedWords {
    /// Words that are no chance.
    private static let minimumWords = 4
    /// Letters that are divided at once.
    private static let longest = 512

    /// - Parameter runs: of letters and digits, too long to be words: see `LetterRuns`.
    static func find(in text: [UInt8], among runs: [Range<Int>]) -> [DecodedRun] {
        runs.flatMap { run in
            letters(in: text, run).compactMap { self.run(of: $0, in: text) }
        }
    }

    /// The stretches of letters alone that are longer than any word.
    private static func letters(in text: [UInt8], _ run: Range<Int>) -> [Range<Int>] {
        text[run].split { !ASCIILetters.isLetter($0) }
            .map(\.indices)
            .filter { $0.count > CommonWords.longestWord && $0.count <= longest }
    }

    private static func run(of source: Range<Int>, in text: [UInt8]) -> DecodedRun? {
        let letters = text[source].map { $0 | 0x20 }
        guard LetterTriples.shared.mayBeEnglish(letters) else { return nil }
        let capitals = text[source].map { $0 & 0x20 == 0 }
        let words = WordSplitter.split(letters, capitals: capitals.contains(false) ? capitals : []).words
        // Two in three letters: what is drawn at random is divided into known words as well, but not for long.
        let known = words.filter { $0.isCommon && $0.range.count > 2 }.reduce(0) { $0 + $1.range.count }
        guard words.count >= minimumWords, known * 3 >= letters.count * 2, words.allSatisfy(\.isCommon) else {
            return nil
        }
        var run = DecodedRun(encoding: .joinedWords, bytes: [], map: OffsetMap())
        for word in words {
            let range = source.lowerBound + word.range.lowerBound..<source.lowerBound + word.range.upperBound
            if word.range.lowerBound > 0 {
                run.bytes.append(0x20)
                run.map.append(viewLength: 1, source: range.lowerBound - 1..<range.lowerBound)
            }
            run.bytes += text[range]
            run.map.append(viewLength: range.count, source: range)
        }
        return run
    }
}

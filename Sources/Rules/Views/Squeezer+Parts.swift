/// Words that are cut up.
extension Squeezer {
    /// Parts that a word is cut into at the most, unless by markup.
    static let mostParts = 4

    // MARK: Here and there

    /// What joins a token to the one before it; nil if they are two words.
    private func joint(before index: Int) -> WordJoint? {
        guard tokens[index].isWord, tokens[index - 1].isWord else { return nil }
        return WordJoint(text[gap(before: index)])
    }

    /// - Returns: the token behind the word; nil if there is no word in parts.
    mutating func readParts(from start: Int) -> Int? {
        guard start + 1 < tokens.count, joint(before: start + 1) != nil else { return nil }
        var end = start + 1
        while end < tokens.count, joint(before: end)?.isMarkup == true { end += 1 }
        if end > start + 1 {
            let word = DrawnWord(tokens[start..<end].flatMap { text[$0.range] })
            isFaithful = false
            writeParts(start..<end, word)
            if word.isCommon, word.letters.count >= 3 { result.isMaterial = true }
            return end
        }
        end = start + 1
        while end < tokens.count, end - start < Self.mostParts, joint(before: end) != nil { end += 1 }
        while end > start + 1 {
            if let word = WordParts(tokens[start..<end], of: text).cutWord {
                isFaithful = false
                writeParts(start..<end, word)
                result.isMaterial = true
                return end
            }
            end -= 1
        }
        return nil
    }

    private mutating func writeParts(_ parts: Range<Int>, _ word: DrawnWord) {
        copy(to: tokens[parts.lowerBound].range.lowerBound)
        let places = tokens[parts].flatMap { Array($0.range) }
        write(zip(places, word.letters).map { unit(at: $0, letter: $1) })
    }

    // MARK: Throughout

    /// The place of what a word is cut up with throughout the text; nil if the tokens are two words.
    func cut(before index: Int) -> Range<Int>? {
        guard !habits.cuts.isEmpty, index < tokens.count,
            let (joint, place) = WordJoint.besideSign(text[gap(before: index)]), habits.cuts.contains(joint),
            joint.isMarkup || tokens[index - 1].hasLetters && tokens[index].hasLetters
        else { return nil }
        return place
    }

    /// Reads words that are cut up as all of the text's are.
    ///
    /// - Returns: the token behind them; nil if there are none.
    mutating func readCut(from start: Int) -> Int? {
        guard cut(before: start + 1) != nil else { return nil }
        var end = start + 2
        while cut(before: end) != nil { end += 1 }
        if end - start > 2, tokens[start..<end].allSatisfy(\.isSingle) {
            if writeSpelled(start..<end, standsApart: true) >= 3 { result.isMaterial = true }
            return end
        }
        // Nobody sees markup: what it stands in is one word for everybody.
        let isAllMarkup = (start + 1..<end).allSatisfy { index in
            cut(before: index).flatMap { WordJoint(text[$0]) }?.isMarkup == true
        }
        var index = start
        while index < end {
            let parts = index..<(isAllMarkup ? end : partsEnd(from: index, in: start..<end))
            if parts.count > 1 { writeCut(parts) } else { readDrawn(tokens[index]) }
            index = parts.upperBound
        }
        return end
    }

    /// The end of the parts of one word: of the longest common one, or of what is no word on its own.
    private func partsEnd(from start: Int, in row: Range<Int>) -> Int {
        var longest = start + 1
        var letters = tokens[start].range.count
        while longest < row.upperBound, letters + tokens[longest].range.count <= CommonWords.longestWord {
            letters += tokens[longest].range.count
            longest += 1
        }
        for end in stride(from: longest, to: start + 1, by: -1) {
            if tokens[start..<end].allSatisfy(\.isWord),
                DrawnWord(tokens[start..<end].flatMap({ text[$0.range] })).isCommon
            {
                return end
            }
        }
        var end = start + 1
        while end < row.upperBound, !isLongWord(end - 1), !isLongWord(end), row.count == 2 || !areWords(start...end) {
            end += 1
        }
        return end
    }

    private func isLongWord(_ index: Int) -> Bool { WordParts.isLongWord(tokens[index], of: text) }

    /// Whether each of the parts is a common word.
    private func areWords(_ parts: ClosedRange<Int>) -> Bool {
        parts.allSatisfy { !tokens[$0].isSingle && DrawnWord.isCommon(text[tokens[$0].range]) }
    }

    private mutating func writeCut(_ parts: Range<Int>) {
        let bytes = tokens[parts].flatMap { text[$0.range] }
        let word = DrawnWord(bytes)
        if word.isCommon, word.letters.count >= 3 { result.isMaterial = true }
        // Digits are letters only where they make a word.
        let isDrawn =
            tokens[parts].allSatisfy(\.isWord) && !bytes.allSatisfy(ASCIILetters.isLetter)
            && (word.isCommon || habits.drawsLetters)
        if isDrawn, !habits.drawsLetters { isFaithful = false }
        var drawn = word.letters.makeIterator()
        copy(to: tokens[parts.lowerBound].range.lowerBound)
        var units: [Unit] = []
        for index in parts {
            if index > parts.lowerBound, let place = cut(before: index) {
                if text[place].first == UInt8(ascii: "<"), !PlainTags.isRow(text[place]) { isFaithful = false }
                // The sign beside it stays.
                for rest in gap(before: index) where !place.contains(rest) {
                    units.append(Unit(byte: text[rest], source: rest..<rest + 1))
                }
            }
            for place in tokens[index].range {
                let letter = drawn.next() ?? text[place]
                units.append(
                    isDrawn ? unit(at: place, letter: letter) : Unit(byte: text[place], source: place..<place + 1)
                )
            }
        }
        write(units)
    }
}

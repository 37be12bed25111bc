/// Tells English words in their order from the same words back to front: before an article stands a preposition, not behind it, and
/// sentences begin with capitals and end with signs.
enum WordOrder {
    private static let first: Set<String> = [
        "of", "in", "on", "at", "for", "to", "with", "from", "by", "about", "into", "is", "was", "are", "and", "what",
        "how", "why",
        "where", "when", "who",
    ]
    private static let second: Set<String> = [
        "the", "a", "an", "my", "your", "his", "her", "our", "their", "this", "that", "its", "do", "does", "did", "can",
        "could",
        "would", "should", "to",
    ]

    /// Pairs of words and ends of sentences in their order, less those the other way round.
    static func score(of text: [UInt8]) -> Int {
        var score = sentenceScore(of: text)
        var last: String?
        for word in text.split(whereSeparator: { !ASCIILetters.isLetter($0) && $0 < 0x80 }) {
            let next = String(decoding: word.prefix(8), as: UTF8.self).lowercased()
            if let last {
                if first.contains(last), second.contains(next) { score += 1 }
                if second.contains(last), first.contains(next) { score -= 1 }
            }
            last = next
        }
        return score
    }

    private static func sentenceScore(of text: [UInt8]) -> Int {
        var score = 0
        let chunks = text.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
        if let first = chunks.first.flatMap(firstLetter) { score += isCapital(first) ? 1 : 0 }
        for (index, chunk) in chunks.enumerated() {
            // A sign in front of a word stands behind it when turned.
            if let first = chunk.first, isSign(first), chunk.count > 1 { score -= 1 }
            guard chunk.last(where: { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: ")") }).map(isSign) == true else {
                continue
            }
            let next = index + 1 < chunks.count ? firstLetter(chunks[index + 1]) : nil
            score += next.map(isCapital) ?? true ? 1 : -1
        }
        return score
    }

    private static func firstLetter(_ chunk: ArraySlice<UInt8>) -> UInt8? { chunk.first(where: ASCIILetters.isLetter) }

    private static func isCapital(_ letter: UInt8) -> Bool { letter & 0x20 == 0 }

    /// Whether a sentence ends with it.
    private static func isSign(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!")
    }
}

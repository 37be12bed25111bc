/// Tells English words in their order from the same words back to front: before an article stands a preposition, not behind it.
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

    /// Pairs of words in their order, less those the other way round.
    static func score(of text: [UInt8]) -> Int {
        var score = 0
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
}

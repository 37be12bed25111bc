/// Writes text in capitals, or in changing case, as sentences are written: models read case, and these rarely saw another.
enum SentenceCase {
    /// Letters that a text must have: a short one in capitals is a name.
    static let minimumLetters = 12

    /// The text with capitals only where a sentence begins, and for `I`; nil if most letters stand in words whose case is usual.
    ///
    /// Only letters of ASCII are looked at and changed, so every byte stays in its place.
    static func calmed(_ text: [UInt8]) -> [UInt8]? {
        let (letters, oddLetters) = survey(text)
        guard letters >= minimumLetters, oddLetters * 2 > letters else { return nil }
        var calmed = text
        var beginsSentence = true
        var position = 0
        while position < text.count {
            guard ASCIILetters.isLetter(text[position]) else {
                switch text[position] {
                case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), 0x0A: beginsSentence = true
                case 0x20, 0x09, 0x0D, UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "("): break
                default: beginsSentence = false
                }
                position += 1
                continue
            }
            let start = position
            while position < text.count, ASCIILetters.isLetter(text[position]) {
                calmed[position] = text[position] | 0x20
                position += 1
            }
            let isI = position == start + 1 && calmed[start] == UInt8(ascii: "i")
            if beginsSentence || isI { calmed[start] &= ~0x20 }
            beginsSentence = false
        }
        return calmed
    }

    /// All letters, and those in words of several that have a capital behind the first letter. Words beside a digit are none: what is
    /// encoded changes case too, and has its own view.
    private static func survey(_ text: [UInt8]) -> (letters: Int, oddLetters: Int) {
        var (letters, oddLetters) = (0, 0)
        for token in text.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) {
            let isCode = token.contains { $0 >= 0x30 && $0 <= 0x39 }
            for word in token.split(whereSeparator: { !ASCIILetters.isLetter($0) }) {
                letters += word.count
                if !isCode, word.dropFirst().contains(where: { $0 & 0x20 == 0 }) { oddLetters += word.count }
            }
        }
        return (letters, oddLetters)
    }
}

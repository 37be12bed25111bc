/// A word, as wide as bytes go that words are made of and tags allow.
struct WordToken {
    var range: Range<Int>
    /// Those of its bytes: see `WordByte`.
    var kinds: UInt8
    /// One letter, digit or sign.
    var isSingle: Bool

    /// Bytes of a tag within a word.
    static let longestTag = 32

    /// Letters, or what is drawn like them.
    var isWord: Bool { kinds & ~(WordByte.letter | WordByte.drawn) == 0 && kinds & WordByte.letter != 0 }

    var hasLetters: Bool { kinds & (WordByte.letter | WordByte.foreign) != 0 }

    /// The words of a stretch of text.
    static func all(of text: [UInt8], in stretch: Range<Int>) -> [WordToken] {
        var tokens: [WordToken] = []
        let classes = WordByte.classes
        text.withUnsafeBufferPointer { text in
            var position = stretch.lowerBound
            while position < stretch.upperBound {
                if text[position] == UInt8(ascii: "<"), let end = tagEnd(text, position) {
                    position = end
                    continue
                }
                guard classes[Int(text[position])] != 0 else {
                    position += 1
                    continue
                }
                let start = position
                var kinds: UInt8 = 0
                var scalars = 0
                while position < stretch.upperBound, case let kind = classes[Int(text[position])], kind != 0 {
                    var length = 1
                    if kind == WordByte.foreign {
                        let scalar = UTF8Scalars.decode(text, at: position)
                        guard isLetter(scalar.value) else { break }
                        length = scalar.length
                    }
                    kinds |= kind
                    scalars += 1
                    position += length
                }
                if position == start {
                    position += UTF8Scalars.decode(text, at: position).length
                } else {
                    tokens.append(WordToken(range: start..<position, kinds: kinds, isSingle: scalars == 1))
                }
            }
        }
        return tokens
    }

    /// Letters of scripts that are written with spaces, where a letter alone is seldom a word.
    private static func isLetter(_ scalar: UInt32) -> Bool {
        ScalarClass.isLatin(scalar) || ScalarClass.isGreek(scalar) || ScalarClass.isCyrillic(scalar)
    }

    private static func tagEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int? {
        guard start + 2 < text.count,
            ASCIILetters.isLetter(text[start + 1]) || text[start + 1] == UInt8(ascii: "/")
                || text[start + 1] == UInt8(ascii: "!")
        else { return nil }
        let limit = min(start + longestTag, text.count)
        for position in start + 2..<limit where text[position] == UInt8(ascii: ">") { return position + 1 }
        return nil
    }
}

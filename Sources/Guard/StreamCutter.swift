import Policy

/// Finds where a streamed text is cut into pieces for judging.
///
/// A cut falls in front of a byte, and is settled by the bytes before it and that byte: it is the same however the text
/// arrives.
struct StreamCutter: Sendable {
    /// Where pieces end, ascending, in UTF-8 bytes.
    private(set) var cuts: [Int] = []
    private let tokenLimit: Int
    private let byteLimit: Int
    private var position = 0
    private var pieceStart = 0
    private var tokens = 0
    /// Bytes of the word that the next byte may go on with.
    private var wordLength = 0

    /// The fewest tokens of a piece that ends with a sentence: shorter ones would be judged for nothing.
    private var sentenceTokens: Int { max(1, tokenLimit / 2) }
    /// The fewest tokens of a piece that ends between words.
    private var wordTokens: Int { max(1, tokenLimit * 2 / 3) }

    init(bounds: HoldBack) {
        tokenLimit = max(1, bounds.tokens / 2)
        // A scalar has up to four bytes, and a cut waits for the next one.
        byteLimit = max(4, bounds.bytes / 2 - 4)
    }

    /// - Parameter bytes: the whole text so far, in UTF-8.
    mutating func read(_ bytes: [UInt8]) {
        while position < bytes.count {
            step(bytes[position], in: bytes)
            position += 1
        }
    }

    private mutating func step(_ byte: UInt8, in bytes: [UInt8]) {
        let isSpace = byte == 0x20 || (0x09...0x0D).contains(byte)
        let startsScalar = byte & 0xC0 != 0x80
        let startsToken = !isSpace && wordLength % 4 == 0
        if startsScalar, position > pieceStart {
            let length = position - pieceStart
            let isSentence = isSpace && tokens >= sentenceTokens && Self.endsSentence(bytes[pieceStart..<position])
            let isWord = isSpace && tokens >= wordTokens
            if isSentence || isWord || length >= byteLimit || tokens >= tokenLimit && startsToken { cut() }
        }
        if isSpace {
            wordLength = 0
        } else {
            // A token is estimated as four bytes of a word, or what is left of it.
            if wordLength % 4 == 0 { tokens += 1 }
            wordLength += 1
        }
    }

    private mutating func cut() {
        cuts.append(position)
        pieceStart = position
        tokens = 0
        wordLength = 0
    }

    /// Whether text that is followed by a space ends with a sentence: a full stop and its like in Latin or CJK writing.
    private static func endsSentence(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let last = bytes.last else { return false }
        if [UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ":")].contains(last) { return true }
        return bytes.suffix(3) == [0xE3, 0x80, 0x82]
    }
}

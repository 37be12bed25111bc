/// What stands before a position, as far as assertions care.
struct RegexContext: Hashable, Sendable {
    var isTextStart = false
    var followsWord = false
    /// Whether that is a letter of a script that marks no words.
    var followsUnspaced = false
    var followsNewline = false

    static let textStart = RegexContext(isTextStart: true)

    /// A number of the context's own, below `count`.
    var number: Int {
        (isTextStart ? 1 : 0) | (followsWord ? 2 : 0) | (followsNewline ? 4 : 0) | (followsUnspaced ? 8 : 0)
    }

    static let count = 16

    /// - Parameter previous: the class of the scalar before the position.
    init(after previous: Int, in alphabet: RegexAlphabet) {
        followsWord = alphabet.isWord[previous]
        followsUnspaced = alphabet.isUnspaced[previous]
        followsNewline = alphabet.isNewline[previous]
    }

    init(isTextStart: Bool) { self.isTextStart = isTextStart }

    /// The context at `position` of a text.
    init(at position: Int, of bytes: UnsafeBufferPointer<UInt8>, alphabet: RegexAlphabet) {
        guard position > 0 else {
            self = .textStart
            return
        }
        let start = UTF8Scalars.start(before: position, in: bytes)
        self.init(after: alphabet.classify(bytes, at: start).class, in: alphabet)
    }

    /// - Parameter next: the class of the scalar after the position, or the end of the text.
    func satisfies(_ assertion: RegexAssertion, before next: Int, in alphabet: RegexAlphabet) -> Bool {
        switch assertion {
        case .textStart: isTextStart
        case .textEnd: next == alphabet.endOfText
        case .lineStart: isTextStart || followsNewline
        case .lineEnd: next == alphabet.endOfText || alphabet.isNewline[next]
        case .wordBoundary: isWordBoundary(before: next, in: alphabet)
        case .notWordBoundary: !isWordBoundary(before: next, in: alphabet)
        }
    }

    /// Where a word begins or ends, or may do so unseen: a number or a name stands in Chinese, Japanese, Thai or Korean with no
    /// space around it.
    private func isWordBoundary(before next: Int, in alphabet: RegexAlphabet) -> Bool {
        followsWord != alphabet.isWord[next] || followsUnspaced != alphabet.isUnspaced[next]
    }
}

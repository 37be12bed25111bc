/// A word or phrase that is looked for in canonical views, letter case and the amount of white space ignored.
struct Keyword: Sendable {
    /// Canonical and folded, without white space around it.
    let folded: [UInt8]
    private let needsStart: Bool
    private let needsEnd: Bool

    /// nil if nothing is left of it but white space and what is invisible.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        var folded = FoldedText(Canonicalizer.canonicalize(bytes)?.bytes ?? bytes).bytes[...]
        while folded.first == 0x20 { folded.removeFirst() }
        while folded.last == 0x20 { folded.removeLast() }
        guard !folded.isEmpty else { return nil }
        self.folded = Array(folded)
        let scalars = String(decoding: folded, as: UTF8.self).unicodeScalars
        needsStart = scalars.first.map { Self.endsWord($0.value, isEnd: false) } ?? false
        needsEnd = scalars.last.map { Self.endsWord($0.value, isEnd: true) } ?? false
    }

    /// Whether the keyword stands on word boundaries at this place of a folded text.
    ///
    /// A boundary is asked for only where the script marks words: not beside Chinese, Japanese or Thai letters, nor
    /// behind Korean ones, where particles follow without a space.
    func stands(in text: [UInt8], at span: Range<Int>) -> Bool {
        text.withUnsafeBufferPointer { text in
            if needsStart, span.lowerBound > 0 {
                let start = UTF8Scalars.start(before: span.lowerBound, in: text)
                if ScalarClass.isWord(UTF8Scalars.decode(text, at: start).value) { return false }
            }
            if needsEnd, span.upperBound < text.count {
                if ScalarClass.isWord(UTF8Scalars.decode(text, at: span.upperBound).value) { return false }
            }
            return true
        }
    }

    private static func endsWord(_ scalar: UInt32, isEnd: Bool) -> Bool {
        ScalarClass.isWord(scalar) && !ScalarClass.writesWithoutSpaces(scalar)
            && !(isEnd && ScalarClass.isHangul(scalar))
    }
}

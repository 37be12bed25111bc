/// Replaces parts of a text by placeholders.
package enum Redactor {
    /// Replaces each span by its placeholder.
    ///
    /// Spans are UTF-8 offsets into `text`, in any order. They are clipped to the text and widened to whole Unicode
    /// scalars, so the result is well-formed; where spans overlap, the union is replaced once, by the placeholder of
    /// the span that begins first. Empty spans are ignored.
    package static func apply(_ spans: [(span: Range<Int>, placeholder: String)], to text: String) -> String {
        guard !spans.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        for (span, placeholder) in merged(spans, in: bytes) {
            result += bytes[position..<span.lowerBound]
            result += placeholder.utf8
            position = span.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    /// The same in a text that is JSON, such as what a tool is called with, which stays JSON.
    ///
    /// What is touched of an escape, a number or a word goes whole; what holds strings and values together stays. A placeholder is
    /// escaped as in a string, and is a string of its own in place of anything else. It stands where its span begins; what
    /// else of values the span holds is emptied.
    ///
    /// - Returns: nil if the text is no JSON, or a span holds nothing that could be replaced.
    package static func apply(_ spans: [(span: Range<Int>, placeholder: String)], toJSON text: String) -> String? {
        let bytes = Array(text.utf8)
        guard var parts = JSONParts(bytes) else { return nil }
        let merged = merged(spans, in: bytes)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        // Whether the span at the index has its placeholder.
        var hasPlaceholder = false
        while let (kind, range) = parts.next() {
            let isReplaced = kind != .structure && index < merged.count && merged[index].span.overlaps(range)
            if isReplaced {
                let placeholder = hasPlaceholder ? [] : JSONEscapes.escaped(merged[index].placeholder)
                result += kind == .literal ? quoted(placeholder) : placeholder
                hasPlaceholder = true
            } else {
                result += bytes[range]
            }
            while index < merged.count, merged[index].span.upperBound <= range.upperBound {
                guard hasPlaceholder || isReplaced else { return nil }
                index += 1
                hasPlaceholder = false
            }
        }
        guard parts.isWhole else { return nil }
        if let all = merged.first, all.span == bytes.indices { result = quoted(JSONEscapes.escaped(all.placeholder)) }
        return String(decoding: result, as: UTF8.self)
    }

    private static func quoted(_ bytes: [UInt8]) -> [UInt8] { [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")] }

    /// The spans clipped, widened, ascending and disjoint.
    private static func merged(
        _ spans: [(span: Range<Int>, placeholder: String)],
        in bytes: [UInt8]
    ) -> [(span: Range<Int>, placeholder: String)] {
        var merged: [(span: Range<Int>, placeholder: String)] = []
        let clipped = spans.map { ($0.span.clamped(to: 0..<bytes.count).widenedToScalars(in: bytes), $0.placeholder) }
        for (span, placeholder) in clipped.sorted(by: { $0.0.lowerBound < $1.0.lowerBound }) where !span.isEmpty {
            if let last = merged.last, span.lowerBound < last.span.upperBound {
                let upper = max(last.span.upperBound, span.upperBound)
                merged[merged.count - 1].span = last.span.lowerBound..<upper
            } else {
                merged.append((span, placeholder))
            }
        }
        return merged
    }
}

extension Range<Int> {
    /// The smallest range of whole scalars that holds this one; an empty range stays empty.
    func widenedToScalars(in bytes: [UInt8]) -> Range<Int> {
        guard !isEmpty, lowerBound >= 0, upperBound <= bytes.count else { return self }
        var lower = lowerBound
        var upper = upperBound
        while lower > 0, UTF8.isContinuation(bytes[lower]) { lower -= 1 }
        while upper < bytes.count, UTF8.isContinuation(bytes[upper]) { upper += 1 }
        return lower..<upper
    }
}

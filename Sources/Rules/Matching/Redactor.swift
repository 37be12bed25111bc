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
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var position = 0
        for (span, placeholder) in merged {
            result += bytes[position..<span.lowerBound]
            result += placeholder.utf8
            position = span.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
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

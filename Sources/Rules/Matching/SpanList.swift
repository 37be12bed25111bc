/// Where one rule matched one text, in bounded number.
///
/// A text with more matches than the bound is covered from the last one to its end: the bound must not become a way to get
/// the rest through.
struct SpanList: Sendable {
    /// Spans of one rule in one text.
    static let limit = 256
    /// Spans kept before they are merged; views report the same places over and over.
    private static let capacity = 4 * limit

    private var spans: [Range<Int>] = []
    /// From here on everything is covered.
    private var rest = Int.max

    mutating func append(_ span: Range<Int>) {
        guard !span.isEmpty, span.lowerBound < rest, spans.last != span else { return }
        spans.append(span)
        if spans.count >= Self.capacity { compact() }
    }

    /// Where the spans begin and end.
    var bounds: [Int] { spans.flatMap { [$0.lowerBound, $0.upperBound] } }

    /// The spans: whole scalars of the text, ascending, disjoint.
    ///
    /// - Parameter escapes: where the text is JSON, the escapes that bounds lie within. A span keeps to whole ones.
    func resolved(in text: [UInt8], escapes: [Int: Range<Int>]) -> [Range<Int>] {
        var list = self
        list.spans = spans.map { $0.widenedToScalars(in: text) }
        if !escapes.isEmpty { list.keepTo(escapes) }
        list.compact()
        guard list.rest < text.count, let last = list.spans.last else { return list.spans }
        list.spans[list.spans.count - 1] = last.lowerBound..<text.count
        return list.spans
    }

    /// Half an escape is a letter in the text as it stands, and another, or none, to whoever decodes it. Where the same rule matched
    /// with the escape undone, that match says whether it belongs to what was found; where it did not, all of the escape does.
    private mutating func keepTo(_ escapes: [Int: Range<Int>]) {
        let (starts, ends) = (Set(spans.map(\.lowerBound)), Set(spans.map(\.upperBound)))
        spans = spans.map { span in
            var (lower, upper) = (span.lowerBound, span.upperBound)
            if let escape = escapes[lower] {
                lower = starts.contains(escape.upperBound) ? escape.upperBound : escape.lowerBound
            }
            if let escape = escapes[upper] {
                upper = ends.contains(escape.lowerBound) ? escape.lowerBound : escape.upperBound
            }
            return lower < upper ? lower..<upper : span
        }
    }

    private mutating func compact() {
        var merged: [Range<Int>] = []
        for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, span.lowerBound < last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
            } else {
                merged.append(span)
            }
        }
        if merged.count > Self.limit {
            merged.removeLast(merged.count - Self.limit)
            rest = merged[merged.count - 1].lowerBound
        }
        spans = merged
    }
}

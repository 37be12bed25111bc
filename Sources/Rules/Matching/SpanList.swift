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

    /// The spans: whole scalars of the text, ascending, disjoint.
    func resolved(in text: [UInt8]) -> [Range<Int>] {
        var list = self
        list.spans = spans.map { $0.widenedToScalars(in: text) }
        list.compact()
        guard list.rest < text.count, let last = list.spans.last else { return list.spans }
        list.spans[list.spans.count - 1] = last.lowerBound..<text.count
        return list.spans
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

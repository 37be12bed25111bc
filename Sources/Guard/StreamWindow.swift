package import Policy
import Rules

/// What of one streamed text may go out, and what has to be judged first, without any I/O.
///
/// The text is cut into pieces of at most half the hold-back: at a sentence end where there is one, between words where
/// there is none, inside a word as the last resort. A piece goes out when it *and the piece behind it* were judged, so what
/// spans a border is seen whole before its beginning leaves. Each judging reads some text in front of its piece again: from
/// where the one before began, as long as that is not too much, since an engine that keeps what it read of a beginning then
/// reads little more than the piece. In front of a window that begins within a match the match's beginning is read again: what
/// comes of it is known for what it is however long it gets.
///
/// Where the cuts fall depends on the text alone, never on how the upstream cut its stream: the same answer is judged in
/// the same windows every time. Only text that is forced out because it has waited too long is cut by the clock.
package struct StreamWindow: Sendable {
    /// A stretch of the text to be judged.
    package struct Window: Sendable, Equatable {
        package var text: String
        /// Where it stands in the whole text, in UTF-8 bytes.
        package var range: Range<Int>
        /// Up to where text may go out once it was judged to be harmless.
        var release: Int
        /// Whether a match at the end of the window can still grow with what comes next.
        var canGrow: Bool
        /// Where the beginning of a match stands that the text has in front of the range. What is between the two is left out.
        var head: Range<Int> = 0..<0

        /// Where a stretch of the window's text stands in the whole text, with what is left out in it.
        func place(of span: Range<Int>) -> Range<Int> {
            func position(_ offset: Int) -> Int {
                offset < head.count ? head.lowerBound + offset : range.lowerBound + offset - head.count
            }
            let span = span.clamped(to: 0..<text.utf8.count)
            let lower = position(span.lowerBound)
            return lower..<max(lower, position(span.upperBound - 1) + 1)
        }
    }

    /// A part of the text that is not to go out; `span` is in UTF-8 bytes of the window's text.
    package typealias Redaction = (span: Range<Int>, placeholder: String)

    /// Text in front of a piece that is read again with it, in bytes: about 120 tokens.
    private static let overlap = 512
    /// A window that would be longer begins anew, in bytes: within what the model reads at once. A word that is cut and the beginning of a
    /// match come in front of that.
    private static let longest = 3 * overlap

    private let bounds: HoldBack
    private var cutter: StreamCutter
    private var bytes: [UInt8] = []
    private var judged = 0
    private var released = 0
    /// Where the window that was judged last began.
    private var start = 0
    /// Up to where text that went out was replaced by a placeholder.
    private var redacted = 0
    /// A match that may go on where the next window begins, as much of it as is read again: what was seen first, which is a match by
    /// itself, and what came behind that up to the overlap, such as the header of a key: half of a line of that would end the match.
    private var ongoing: Range<Int>?
    private var isFinished = false

    package init(bounds: HoldBack) {
        self.bounds = bounds
        cutter = StreamCutter(bounds: bounds)
    }

    /// Bytes that came and did not go out yet.
    package var held: Int { bytes.count - released }

    /// Bytes of the text that went out or were replaced.
    package var releasedBytes: Int { released }

    /// More of the text, which is not whole then, whatever was said before.
    package mutating func append(_ text: String) {
        isFinished = false
        bytes += text.utf8
        cutter.read(bytes)
    }

    /// The text is whole: what is left is judged and goes out.
    package mutating func finish() { isFinished = true }

    /// What is to be judged next; nil if nothing is yet.
    ///
    /// - Parameter isLate: text has waited as long as it may: judge all that is there, and let it go.
    package func next(isLate: Bool = false) -> Window? {
        // Searched from the end: what is not judged yet is little, and what was may be long.
        let index = cutter.cuts.lastIndex { $0 <= judged }.map { $0 + 1 } ?? 0
        if index < cutter.cuts.count, !isLate {
            let piece = cutter.cuts[index]
            return window(to: piece, release: cutter.cuts.last { $0 < piece } ?? 0, canGrow: true)
        }
        guard isFinished || isLate, released < bytes.count else { return nil }
        return window(to: bytes.count, release: bytes.count, canGrow: false)
    }

    private func window(to end: Int, release: Int, canGrow: Bool) -> Window {
        let later = end - start > Self.longest ? cutter.cuts.last { $0 <= min(released, judged) - Self.overlap } : nil
        let start = max(start, later.map { beginning(of: $0) } ?? 0)
        let head = ongoing.map { $0.clamped(to: 0..<start) } ?? 0..<0
        return Window(
            text: String(decoding: bytes[head] + bytes[start..<end], as: UTF8.self),
            range: start..<end,
            release: release,
            canGrow: canGrow,
            head: head
        )
    }

    /// Where the word begins that is cut, unless that is far back: rules know some words by their ends, such as a token by its signature.
    private func beginning(of cut: Int) -> Int {
        func isWord(_ place: Int) -> Bool { (0x21...0x7E).contains(bytes[place]) }
        guard isWord(cut) else { return cut }
        let farthest = max(0, cut - Self.longest)
        var start = cut
        while start > farthest, isWord(start - 1) { start -= 1 }
        return start > farthest || start == 0 ? start : cut
    }

    /// Takes a window as judged.
    ///
    /// - Parameter redactions: what must not go out of it.
    /// - Returns: the text that may go out now; empty if none.
    package mutating func release(_ window: Window, redactions: [Redaction] = []) -> String {
        judged = max(judged, window.range.upperBound)
        start = window.range.lowerBound
        let spans = redactions.map { (span: window.place(of: $0.span), placeholder: $0.placeholder) }
        // The rest of what was already replaced needs no second placeholder, and has nothing to wait for.
        func isRest(_ span: Range<Int>) -> Bool { span.lowerBound < released && redacted == released }
        // A match is cut out whole: text from its beginning on waits until its end is known, unless that takes more
        // than may be held.
        var end = window.release
        if window.canGrow, bytes.count - released < bounds.bytes {
            for (span, _) in spans.sorted(by: { $0.span.lowerBound > $1.span.lowerBound })
            where span.lowerBound < end && span.upperBound > end && !isRest(span) {
                end = max(span.lowerBound, released)
            }
        }
        ongoing = goingOn(spans.map(\.span), behind: max(released, end) - Self.overlap, in: window)
        guard end > released else { return "" }
        defer { released = end }
        let going = released..<end
        var parts: [Redaction] = []
        for (span, placeholder) in spans where span.overlaps(going) {
            let part = span.clamped(to: going)
            parts.append((part.lowerBound - released..<part.upperBound - released, isRest(span) ? "" : placeholder))
            redacted = max(redacted, part.upperBound)
        }
        return Redactor.apply(parts, to: String(decoding: bytes[going], as: UTF8.self))
    }

    /// The first match that reaches behind a place, as much of it as is to be read again.
    private func goingOn(_ spans: [Range<Int>], behind place: Int, in window: Window) -> Range<Int>? {
        let reaching = spans.filter { $0.upperBound > place }
        guard let first = reaching.min(by: { $0.lowerBound < $1.lowerBound }) else { return nil }
        // Where something is left out behind the head, no more than the head is sure to be the match's beginning.
        let isWhole = first.lowerBound >= window.range.lowerBound || window.head.upperBound == window.range.lowerBound
        let seen = isWhole ? first : first.clamped(to: window.head)
        guard let ongoing, ongoing.lowerBound == first.lowerBound else {
            return beginning(of: seen, upTo: Self.longest)
        }
        return ongoing.lowerBound..<max(ongoing.upperBound, beginning(of: seen, upTo: Self.overlap).upperBound)
    }

    /// A match, or the beginning of one that is longer than wanted, without half a scalar or escape at its end: what is read behind it
    /// would not go on with that.
    private func beginning(of match: Range<Int>, upTo length: Int) -> Range<Int> {
        guard match.count > length else { return match }
        var end = match.lowerBound + length
        while end > match.lowerBound, bytes[end] & 0xC0 == 0x80 || bytes[end - 1] == UInt8(ascii: "\\") { end -= 1 }
        return match.lowerBound..<end
    }
}

package import Policy
import Rules

/// What of one streamed text may go out, and what has to be judged first, without any I/O.
///
/// The text is cut into pieces of at most half the hold-back: at a sentence end where there is one, between words where
/// there is none, inside a word as the last resort. A piece goes out when it *and the piece behind it* were judged, so what
/// spans a border is seen whole before its beginning leaves. Each judging reads some text in front of its piece again: from
/// where the one before began, as long as that is not too much, since an engine that keeps what it read of a beginning then
/// reads little more than the piece.
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
    }

    /// A part of the text that is not to go out; `span` is in UTF-8 bytes of the window's text.
    package typealias Redaction = (span: Range<Int>, placeholder: String)

    /// Text in front of a piece that is read again with it, in bytes: about 120 tokens.
    private static let overlap = 512
    /// A window that would be longer begins anew, in bytes: within what the model reads at once.
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
    private var isFinished = false

    package init(bounds: HoldBack) {
        self.bounds = bounds
        cutter = StreamCutter(bounds: bounds)
    }

    /// Bytes that came and did not go out yet.
    package var held: Int { bytes.count - released }

    /// Bytes of the text that went out or were replaced.
    package var releasedBytes: Int { released }

    package mutating func append(_ text: String) {
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
        let start = max(start, later ?? 0)
        return Window(
            text: String(decoding: bytes[start..<end], as: UTF8.self),
            range: start..<end,
            release: release,
            canGrow: canGrow
        )
    }

    /// Takes a window as judged.
    ///
    /// - Parameter redactions: what must not go out of it.
    /// - Returns: the text that may go out now; empty if none.
    package mutating func release(_ window: Window, redactions: [Redaction] = []) -> String {
        judged = max(judged, window.range.upperBound)
        start = window.range.lowerBound
        let spans = redactions.map { redaction in
            let lower = window.range.lowerBound + redaction.span.lowerBound
            let upper = window.range.lowerBound + redaction.span.upperBound
            return (span: (lower..<upper).clamped(to: window.range), placeholder: redaction.placeholder)
        }
        // A match is cut out whole: text from its beginning on waits until its end is known, unless that takes more
        // than may be held.
        var end = window.release
        if window.canGrow, bytes.count - released < bounds.bytes {
            for (span, _) in spans.sorted(by: { $0.span.lowerBound > $1.span.lowerBound })
            where span.lowerBound < end && span.upperBound > end {
                end = max(span.lowerBound, released)
            }
        }
        guard end > released else { return "" }
        defer { released = end }
        let going = released..<end
        var parts: [Redaction] = []
        for (span, placeholder) in spans where span.overlaps(going) {
            // The rest of what was already replaced needs no second placeholder.
            let isRest = span.lowerBound < released && redacted == released
            let part = span.clamped(to: going)
            parts.append((part.lowerBound - released..<part.upperBound - released, isRest ? "" : placeholder))
            redacted = max(redacted, part.upperBound)
        }
        return Redactor.apply(parts, to: String(decoding: bytes[going], as: UTF8.self))
    }
}

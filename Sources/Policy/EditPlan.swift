import GuardCore

/// The edits that rewriting findings ask for, brought together so that they can be made in one pass.
///
/// The result depends on the findings alone, never on the time or on earlier requests, and steering messages come in the
/// order of the findings: the same conversation is edited alike every time, and the prompt cache of the LLM stays warm.
struct EditPlan {
    private struct Redaction {
        var span: Range<Int>
        /// What takes its place, or the label that a numbered placeholder is made from.
        var placeholder: String
        var isMasked: Bool
    }

    private let segments: [TextSegment]
    private var redactions: [Int: [Redaction]] = [:]
    private var replacements: [Int: String] = [:]
    private var messages: [String] = []

    /// - Parameter judgements: in the order of the report; those with another action than `rewrite` are passed over.
    init(_ judgements: [Judgement], phase: Phase, segments: [TextSegment]) {
        self.segments = segments
        for judgement in judgements where judgement.finding.action == .rewrite {
            switch judgement.rewrite {
            case .replace(let text): replace(judgement, with: text)
            case .redact(let placeholder): redact(judgement, with: placeholder)
            // A numbered placeholder in an answer could be one of the request's, which something else is put back for.
            case .mask(let label): redact(judgement, with: label, isMasked: phase == .input)
            case .steer(let message):
                let category = judgement.finding.category
                if phase == .input {
                    steer(message ?? SafetyRequirement.text(for: category))
                } else {
                    replace(judgement, with: SafetyRequirement.withheld(category))
                }
            }
        }
    }

    /// One edit a segment, by segment, then the steering messages. Where a segment is replaced there is nothing left to
    /// redact in it.
    var result: (edits: [Decision.Edit], restorations: [Decision.Restoration]) {
        var edits: [Decision.Edit] = []
        var masks = MaskTable(segments)
        for segment in Set(redactions.keys).union(replacements.keys).sorted() {
            if let text = replacements[segment] {
                edits.append(.replace(segment: segment, text: text))
            } else if let spans = redactions[segment], !spans.isEmpty {
                let named = Self.merged(spans).map { redaction in
                    let placeholder =
                        redaction.isMasked
                        ? masks.placeholder(for: redaction.span, of: segment, label: redaction.placeholder)
                        : redaction.placeholder
                    return (span: redaction.span, placeholder: placeholder)
                }
                edits.append(.redact(segment: segment, spans: named))
            }
        }
        return (edits + messages.map { .steer(message: $0) }, masks.restorations)
    }

    private mutating func replace(_ judgement: Judgement, with text: String) {
        for segment in judgement.targets where replacements[segment] == nil { replacements[segment] = text }
        for segment in judgement.further.joined() where replacements[segment] == nil { replacements[segment] = text }
    }

    private mutating func redact(_ judgement: Judgement, with placeholder: String, isMasked: Bool = false) {
        for segment in judgement.targets {
            let whole = 0..<segments[segment].text.utf8.count
            var spans = [whole]
            if case .rule(_, let found) = judgement.finding.source { spans = found.map { $0.clamped(to: whole) } }
            redactions[segment, default: []] += spans.filter { !$0.isEmpty }.map {
                Redaction(span: $0, placeholder: placeholder, isMasked: isMasked)
            }
        }
        for segment in judgement.further.joined() {
            let whole = 0..<segments[segment].text.utf8.count
            // Within it every other span is a part of it, and of equal ones the first stands.
            guard !whole.isEmpty, !(redactions[segment] ?? []).contains(where: { $0.span == whole }) else { continue }
            redactions[segment] = [Redaction(span: whole, placeholder: placeholder, isMasked: isMasked)]
        }
    }

    private mutating func steer(_ message: String) {
        if !messages.contains(message) { messages.append(message) }
    }

    /// Ascending and disjoint. Spans that overlap become one, under the placeholder of the one that starts first, or the
    /// longer one if they start together; spans that only touch stay apart.
    private static func merged(_ redactions: [Redaction]) -> [Redaction] {
        // Swift's sort is stable, so equal spans keep the order of the report.
        let ascending = redactions.sorted {
            ($0.span.lowerBound, $1.span.upperBound) < ($1.span.lowerBound, $0.span.upperBound)
        }
        var merged: [Redaction] = []
        for next in ascending {
            if let last = merged.last, next.span.lowerBound < last.span.upperBound {
                let end = max(last.span.upperBound, next.span.upperBound)
                merged[merged.count - 1].span = last.span.lowerBound..<end
            } else {
                merged.append(next)
            }
        }
        return merged
    }
}

import GuardCore
import Policy

/// What was decided about a streamed answer, window by window, put together as one inspection of its texts as far as they were read:
/// for the record of an answer that was never judged as a whole, and beside the inspection of one that was.
package struct StreamedInspection: Sendable {
    /// What was found, without the spans: they are kept apart, so that one more does not copy those before it.
    private struct Reason {
        var finding: Finding
        var spans: [Range<Int>]
    }

    /// All but the findings.
    private var sum = Inspection(phase: .output)
    private var reasons: [Reason] = []
    /// How much of each text was read, in UTF-8 bytes, by its number.
    private var read: [Int: Int] = [:]
    /// Where the texts stand among the segments, by their numbers.
    private var places: [Int: Int] = [:]

    package init() {}

    /// The inspection, without edits and a reply: what was to be done about each window has been done.
    package var total: Inspection {
        var total = sum
        let findings = reasons.map { reason in
            var finding = reason.finding
            if case .rule(let id, _) = finding.source { finding.source = .rule(id: id, spans: reason.spans) }
            return finding
        }
        total.decision.note(findings)
        return total
    }

    /// The inspection of the whole answer with what the windows took, and with what they alone were edited for: a window may match
    /// a rule, reach a threshold or fail to be judged where the whole does not, and what was done about it has been done. Where
    /// that was for a score, the windows' scores count beside the whole's.
    ///
    /// - Parameter paths: where the texts stand in the answer, by their numbers.
    package func completing(_ whole: Inspection, paths: [Int: String]) -> Inspection {
        let windows = total
        var result = whole.adding(costOf: windows)
        let known = whole.decision.findings
        var further = windows.decision.findings.filter { finding in
            finding.action > .log && !known.contains { $0.hasReason(of: finding) }
        }
        guard !further.isEmpty else { return result }
        let indices = Dictionary(whole.segments.enumerated().map { ($1.path, $0) }) { first, _ in first }
        var segments: [Int: Int] = [:]
        for (number, place) in places { segments[place] = paths[number].flatMap { indices[$0] } }
        for index in further.indices {
            further[index].segment = further[index].segment.flatMap { segments[$0] }
        }
        result.decision.note(further + known)
        if further.contains(where: { $0.source == .failure }) { result.failure = result.failure ?? windows.failure }
        guard further.contains(where: { if case .model = $0.source { true } else { false } }) else { return result }
        result.scores = Self.union(whole.scores, windows.scores)
        for (place, segment) in segments {
            guard windows.assessments.indices.contains(place), result.assessments.indices.contains(segment),
                let score = windows.assessments[place]
            else { continue }
            result.assessments[segment] = result.assessments[segment]?.union(score)
        }
        return result
    }

    /// Takes what was decided about one more window. Windows of a text come in the order in which they end.
    ///
    /// - Parameters:
    ///   - inspection: of the window's text alone.
    ///   - number: which of the answer's texts it is of.
    package mutating func add(_ inspection: Inspection, of window: StreamWindow.Window, number: Int) {
        sum.tokens += inspection.tokens
        sum.rulesDuration += inspection.rulesDuration
        sum.modelDuration += inspection.modelDuration
        sum.judgedAt = inspection.judgedAt
        sum.failure = inspection.failure ?? sum.failure
        sum.scores = Self.union(sum.scores, inspection.scores)
        for view in inspection.views where !sum.views.contains(view) { sum.views.append(view) }

        // A window begins with text that the one before it had, too.
        let known = read[number, default: window.range.lowerBound]
        let addition = window.text.utf8.dropFirst(window.head.count + max(0, known - window.range.lowerBound))
        if read[number] == nil { sum.unscanned += inspection.unscanned }
        read[number] = max(known, window.range.upperBound)
        guard let segment = inspection.segments.first else {
            sum.unscannedBytes += addition.count
            return
        }
        let place = places[number] ?? sum.segments.count
        if place == sum.segments.count {
            places[number] = place
            sum.segments.append(segment)
            sum.segments[place].text = ""
            sum.assessments += inspection.assessments
        } else if sum.assessments.indices.contains(place) {
            // What could not be judged in part was not judged.
            let (before, now) = (sum.assessments[place], inspection.assessments.first.flatMap { $0 })
            sum.assessments[place] = if let before, let now { before.union(now) } else { nil }
        }
        sum.segments[place].text += String(decoding: addition, as: UTF8.self)
        for finding in inspection.decision.findings { add(finding, of: place, in: window) }
    }

    private static func union(_ first: Assessment?, _ second: Assessment?) -> Assessment? {
        guard let first, let second else { return first ?? second }
        return first.union(second)
    }

    /// - Parameters:
    ///   - place: of its text among the segments.
    ///   - window: where it was found.
    private mutating func add(_ finding: Finding, of place: Int, in window: StreamWindow.Window) {
        var finding = finding
        if finding.segment != nil { finding.segment = place }
        var spans: [Range<Int>] = []
        if case .rule(let id, let found) = finding.source {
            finding.source = .rule(id: id, spans: [])
            spans = found.map { window.place(of: $0) }
        }
        guard let index = reasons.firstIndex(where: { $0.finding.repeats(finding) }) else {
            reasons.append(Reason(finding: finding, spans: spans))
            return
        }
        if case .model(let known, _) = reasons[index].finding.source, case .model(let score, _) = finding.source,
            score > known
        {
            reasons[index].finding = finding
        }
        for span in spans { reasons[index].spans.join(span) }
    }
}

extension Decision {
    /// Takes these for its findings: the strictest first.
    fileprivate mutating func note(_ findings: [Finding]) {
        action = findings.map(\.action).max()
        self.findings = findings.sorted {
            $0.action == $1.action ? $0.category < $1.category : $0.action > $1.action
        }
    }
}

extension Finding {
    /// Whether both say the same of two windows of a text: all but where, and how surely.
    fileprivate func repeats(_ other: Finding) -> Bool { segment == other.segment && hasReason(of: other) }

    /// Whether both are there for the same reason, of whatever text.
    fileprivate func hasReason(of other: Finding) -> Bool {
        guard category == other.category, action == other.action else { return false }
        switch (source, other.source) {
        case (.rule(let left, _), .rule(let right, _)): return left == right
        case (.model(_, let left), .model(_, let right)): return left == right
        case (.failure, .failure): return true
        default: return false
        }
    }
}

extension [Range<Int>] {
    /// Adds a match, unless it is known from the window before. One that went on beyond the end of that window is longer now.
    fileprivate mutating func join(_ span: Range<Int>) {
        guard let last, span.lowerBound < last.upperBound else {
            append(span)
            return
        }
        guard span.upperBound > last.upperBound else { return }
        self[count - 1] = Swift.min(last.lowerBound, span.lowerBound)..<span.upperBound
    }
}

import GuardCore
import Policy
import Testing

@testable import Guard

@Suite struct StreamedInspectionTests {
    private func window(_ text: String, from start: Int = 0) -> StreamWindow.Window {
        let range = start..<start + text.utf8.count
        return .init(text: text, range: range, release: range.upperBound, canGrow: false)
    }

    private func rule(_ id: String, _ spans: [Range<Int>], action: Action = .log, segment: Int = 0) -> Finding {
        Finding(category: .privacy, source: .rule(id: id, spans: spans), action: action, segment: segment)
    }

    private func score(_ score: Double, action: Action = .block) -> Finding {
        Finding(category: .weapons, source: .model(score: score, threshold: 0.5), action: action, segment: 0)
    }

    /// What is made of a window's text.
    private func inspection(
        _ text: String,
        _ findings: [Finding] = [],
        assessments: [Assessment?] = [],
        failure: ClassifierError? = nil
    ) -> Inspection {
        Inspection(
            phase: .output,
            decision: Decision(action: findings.map(\.action).max(), findings: findings),
            segments: [TextSegment(path: "", role: .assistant, text: text)],
            views: ["raw"],
            tokens: 5,
            assessments: assessments,
            scores: assessments.compactMap { $0 }.first,
            failure: failure,
            rulesDuration: .milliseconds(1),
            modelDuration: .milliseconds(2)
        )
    }

    private func harm(_ harm: Double) -> Assessment {
        Assessment(harm: harm, categories: CategoryScores(), tokens: 5)
    }

    @Test func `windows that overlap are one text, and what both show is found once`() {
        let text = "one bluebird, two bluebirds, three"
        var streamed = StreamedInspection()
        let begin = String(text.prefix(18))
        streamed.add(inspection(begin, [rule("bird", [4..<12])]), of: window(begin), number: 0)
        streamed.add(inspection(text, [rule("bird", [4..<12, 18..<26])]), of: window(text), number: 0)
        // A window that begins later.
        let rest = String(text.dropFirst(14)) + " bluebird"
        streamed.add(inspection(rest, [rule("bird", [4..<12, 21..<29])]), of: window(rest, from: 14), number: 0)
        #expect(streamed.total.segments.map(\.text) == [text + " bluebird"])
        #expect(streamed.total.scannedBytes == text.utf8.count + 9)
        #expect(streamed.total.decision.findings == [rule("bird", [4..<12, 18..<26, 35..<43])])
        #expect(streamed.total.decision.action == .log)
    }

    @Test func `a match that grew is as long as it was at last`() {
        var streamed = StreamedInspection()
        streamed.add(inspection("a blue", [rule("bird", [2..<6])]), of: window("a blue"), number: 0)
        streamed.add(inspection("a bluebird", [rule("bird", [2..<10])]), of: window("a bluebird"), number: 0)
        streamed.add(inspection("a bluebird!", [rule("bird", [2..<10])]), of: window("a bluebird!"), number: 0)
        #expect(streamed.total.decision.findings == [rule("bird", [2..<10])])
    }

    @Test func `a match whose beginning is read again in front of a window is one and as long as it is`() {
        var streamed = StreamedInspection()
        streamed.add(inspection("a bluebird", [rule("bird", [2..<10])]), of: window("a bluebird"), number: 0)
        var later = window("bird-bird! a bird", from: 6)
        (later.text, later.head) = ("blue" + later.text, 2..<6)
        streamed.add(inspection(later.text, [rule("bird", [0..<13, 17..<21])]), of: later, number: 0)
        #expect(streamed.total.segments.map(\.text) == ["a bluebird-bird! a bird"])
        #expect(streamed.total.decision.findings == [rule("bird", [2..<15, 19..<23])])
    }

    @Test func `what is left out of a window stands between what is found on both sides of it`() {
        var later = window("secret!", from: 90)
        (later.text, later.head) = ("<sec" + later.text, 10..<14)
        #expect(later.place(of: 0..<4) == 10..<14)
        #expect(later.place(of: 1..<10) == 11..<96)
        #expect(later.place(of: 4..<11) == 90..<97)
        #expect(later.place(of: 4..<4) == 90..<90)
    }

    @Test func `every window's findings count, the strictest first and the highest score of each`() {
        var streamed = StreamedInspection()
        streamed.add(inspection("a", [rule("note", [0..<1])]), of: window("a"), number: 0)
        streamed.add(inspection("ab", [score(0.9)]), of: window("ab"), number: 0)
        let hidden = rule("hide", [2..<3], action: .rewrite)
        streamed.add(inspection("abc", [score(0.6), hidden]), of: window("abc"), number: 0)
        #expect(streamed.total.decision.findings == [score(0.9), hidden, rule("note", [0..<1])])
        #expect(streamed.total.decision.action == .block)
        #expect(streamed.total.decision.categories == [.privacy, .weapons])
    }

    @Test func `texts stay apart, each with its own findings`() {
        var streamed = StreamedInspection()
        streamed.add(inspection("one", [rule("note", [0..<3])]), of: window("one"), number: 0)
        streamed.add(inspection("two", [rule("note", [1..<2])]), of: window("two"), number: 7)
        streamed.add(inspection("one more"), of: window("one more"), number: 0)
        #expect(streamed.total.segments.map(\.text) == ["one more", "two"])
        #expect(streamed.total.decision.findings == [rule("note", [0..<3]), rule("note", [1..<2], segment: 1)])
    }

    @Test func `scores are the highest of all windows, and a text that failed in part has none`() {
        var streamed = StreamedInspection()
        streamed.add(inspection("a", assessments: [harm(0.7)]), of: window("a"), number: 0)
        streamed.add(inspection("ab", assessments: [harm(0.2)]), of: window("ab"), number: 0)
        streamed.add(inspection("c", assessments: [harm(0.1)]), of: window("c"), number: 1)
        #expect(streamed.total.assessments.map { $0?.harm } == [0.7, 0.1])
        #expect(streamed.total.scores?.harm == 0.7 && streamed.total.failure == nil)
        streamed.add(inspection("cd", assessments: [nil], failure: .overloaded), of: window("cd"), number: 1)
        streamed.add(inspection("cde", assessments: [harm(0.3)]), of: window("cde"), number: 1)
        #expect(streamed.total.assessments.map { $0?.harm } == [0.7, nil])
        #expect(streamed.total.scores?.harm == 0.7 && streamed.total.failure == .overloaded)
    }

    @Test func `what the windows took is added up`() {
        var streamed = StreamedInspection()
        let last = inspection("ab")
        streamed.add(inspection("a"), of: window("a"), number: 0)
        streamed.add(last, of: window("ab"), number: 0)
        let total = streamed.total
        #expect(total.tokens == 10 && total.views == ["raw"] && total.judgedAt == last.judgedAt)
        #expect(total.rulesDuration == .milliseconds(2) && total.modelDuration == .milliseconds(4))
        #expect(total.phase == .output && total.decision.action == nil)
    }

    /// Two texts of a whole answer, in which this was found.
    private func whole(_ findings: [Finding]) -> Inspection {
        Inspection(
            phase: .output,
            decision: Decision(action: findings.map(\.action).max(), findings: findings),
            segments: ["/a", "/b"].map { TextSegment(path: $0, role: .assistant, text: "abc") },
            tokens: 5,
            rulesDuration: .milliseconds(1),
            modelDuration: .milliseconds(2)
        )
    }

    @Test func `what a window alone was edited for stands beside what the whole shows`() {
        let noted = rule("other", [0..<1])
        var streamed = StreamedInspection()
        let found = [rule("hide", [2..<3], action: .rewrite), rule("note", [0..<1])]
        streamed.add(inspection("abc", found), of: window("abc"), number: 7)
        let total = streamed.completing(whole([noted]), paths: [3: "/a", 7: "/b"])
        #expect(total.decision.action == .rewrite)
        #expect(total.decision.findings == [rule("hide", [2..<3], action: .rewrite, segment: 1), noted])
        #expect(total.segments.map(\.path) == ["/a", "/b"] && total.failure == nil)
        #expect(total.tokens == 10)
        #expect(total.rulesDuration == .milliseconds(2) && total.modelDuration == .milliseconds(4))
    }

    @Test func `what the whole shows as well is found once, and what it shows alone stays`() {
        let hidden = rule("hide", [0..<1, 2..<3], action: .rewrite, segment: 1)
        let stopped = rule("stop", [0..<3], action: .block)
        var streamed = StreamedInspection()
        streamed.add(inspection("abc", [rule("hide", [2..<3], action: .rewrite)]), of: window("abc"), number: 7)
        let total = streamed.completing(whole([stopped, hidden]), paths: [7: "/b"])
        #expect(total.decision.findings == [stopped, hidden] && total.decision.action == .block)
    }

    @Test(arguments: [Action.log, .rewrite])
    func `a window that failed is told of where it was edited for that`(action: Action) {
        let failed = Finding(category: .hate, source: .failure, action: action, segment: 0)
        var streamed = StreamedInspection()
        streamed.add(inspection("abc", [failed], failure: .overloaded), of: window("abc"), number: 0)
        let total = streamed.completing(whole([]), paths: [0: "/a"])
        #expect(total.failure == (action == .rewrite ? ClassifierError.overloaded : nil))
        #expect(total.decision.findings == (action == .rewrite ? [failed] : []))
    }

    @Test(arguments: [Action.log, .rewrite])
    func `scores that a window alone was edited for count beside the whole's`(action: Action) {
        var streamed = StreamedInspection()
        let found = inspection("abc", [score(0.7, action: action)], assessments: [harm(0.7)])
        streamed.add(found, of: window("abc"), number: 7)
        var known = whole([])
        known.assessments = [harm(0.2), harm(0.4)]
        known.scores = harm(0.4)
        let total = streamed.completing(known, paths: [7: "/b"])
        let highest = action == .rewrite ? 0.7 : 0.4
        #expect(total.scores?.harm == highest)
        #expect(total.assessments.map { $0?.harm } == [0.2, highest])
    }

    @Test func `a text whose role is left out counts as unread, once`() {
        var streamed = StreamedInspection()
        for text in ["ab", "abcd"] {
            let unread = Inspection(phase: .output, unscanned: 1, unscannedBytes: text.utf8.count)
            streamed.add(unread, of: window(text), number: 0)
        }
        #expect(streamed.total.segments.isEmpty && streamed.total.unscanned == 1)
        #expect(streamed.total.unscannedBytes == 4 && streamed.total.scannedBytes == 0)
    }
}

package import GuardCore
package import Policy
package import Rules

/// Judges the texts of one phase: views, rules, model, policy, in that order.
///
/// It knows no HTTP and no dialect: texts come in as segments, and what comes out is a decision with its reasons.
/// A value is bound to one policy; a new policy is a new pipeline around the same classifier and writer.
package struct GuardPipeline: Sendable {
    package let policy: Policy
    let rules: RuleSet
    let classifier: any SafetyClassifier
    private let writer: any SafeguardWriter
    private let cache: AssessmentCache

    /// - Parameters:
    ///   - policy: what is done about harm.
    ///   - rules: the policy's rules, compiled.
    ///   - classifier: scores text.
    ///   - writer: writes safeguard responses.
    ///   - cache: scores of texts seen before; may be shared between pipelines with the same classifier.
    package init(
        policy: Policy,
        rules: RuleSet,
        classifier: any SafetyClassifier,
        writer: any SafeguardWriter,
        cache: AssessmentCache = AssessmentCache()
    ) {
        self.policy = policy
        self.rules = rules
        self.classifier = classifier
        self.writer = writer
        self.cache = cache
    }

    /// The same judging under another policy, whose rules are among this one's: for the requests that an override is about.
    package func under(_ policy: Policy) -> GuardPipeline {
        GuardPipeline(policy: policy, rules: rules, classifier: classifier, writer: writer, cache: cache)
    }

    /// Whether the phase can end in anything but silence. If not, its texts need not be held or read.
    package func judges(_ phase: Phase) -> Bool {
        usesModel(in: phase) || policy.rules.contains { $0.phases.contains(phase) }
    }

    /// Reads the texts and decides.
    ///
    /// - Parameters:
    ///   - segments: every string of the request or answer.
    ///   - context: what was said before: for an answer the query, for a request what it goes on from without repeating it. The
    ///     turns before a request's last one are among its segments.
    ///   - queries: what turns of an answer answer that go with a query of their own, by turn.
    ///   - sampling: the request, for what is recorded for a share of them only.
    ///   - deadline: when the model's answer is of no use any more; the failure mode of each category decides then.
    package func inspect(
        _ segments: [TextSegment],
        phase: Phase,
        context: [ClassifierInput.Turn] = [],
        queries: [Int: [ClassifierInput.Turn]] = [:],
        sampling: Sampling? = nil,
        deadline: ContinuousClock.Instant?
    ) async -> Inspection {
        let inspected = segments.filter { policy[phase].roles.contains($0.role) && !$0.text.isEmpty }
        let left = segments.filter { !policy[phase].roles.contains($0.role) }
        let turns = TurnText.grouping(inspected)
        let clock = ContinuousClock()

        let start = clock.now
        // Long texts take long, and a caller who has left waits for none of it.
        let views = Task.isCancelled ? [] : TextViews.of(inspected)
        let isRead = !Task.isCancelled
        var matches: [RuleMatch] = []
        if isRead {
            matches = rules.matches(in: inspected, views: views, phase: phase)
            matches += JoinedRules.matches(of: rules, in: inspected, turns: turns, phase: phase, beside: matches)
        }
        let rulesEnd = clock.now

        var scores = await score(
            turns,
            of: inspected,
            views: views,
            phase: phase,
            context: classifier.readsContext ? context : [],
            queries: classifier.readsContext ? queries : [:],
            deadline: deadline
        )
        let modelEnd = clock.now
        if !isRead { scores.failure = Self.calledOff }

        let decision = policy.decide(
            phase: phase,
            segments: inspected,
            assessments: scores.assessments,
            matches: matches,
            sampling: sampling
        )
        return Inspection(
            phase: phase,
            decision: decision,
            segments: inspected,
            unscanned: left.count,
            unscannedBytes: left.reduce(0) { $0 + $1.text.utf8.count },
            views: TextViews.words(of: views),
            tokens: scores.tokens,
            assessments: scores.assessments,
            scores: scores.highest(of: inspected),
            failure: scores.failure,
            rulesDuration: start.duration(to: rulesEnd),
            modelDuration: rulesEnd.duration(to: modelEnd),
            judgedAt: modelEnd
        )
    }

    /// The text a caller gets in place of what was blocked; nil if the decision is no block, or one that is answered without
    /// words.
    ///
    /// - Parameters:
    ///   - inspection: one whose decision is a block.
    ///   - query: what the caller asked, where the blocked text is an answer to it.
    package func safeguard(
        for inspection: Inspection,
        query: String? = nil,
        deadline: ContinuousClock.Instant?
    ) async -> SafeguardResponse? {
        guard let reply = inspection.decision.reply, reply.style != .error else { return nil }
        if case .fixed(let text) = reply.style {
            return SafeguardResponse(text: text, origin: .template)
        }
        let request = SafeguardRequest(
            category: reply.category,
            text: query ?? Self.judgedText(reply, in: inspection),
            isForced: reply.isForced
        )
        // A deadline in the past asks the writer for its template at once.
        if reply.style == .template { return await writer.respond(to: request, deadline: .now) }
        let response = await writer.respond(to: request, deadline: deadline)
        guard response.origin == .generated, breaksRules(response.text) else { return response }
        var template = await writer.respond(to: request, deadline: .now)
        template.fallbackReason = "rule"
        template.tokens = response.tokens
        return template
    }

    /// What the deciding finding is about: the whole turn where the model scored it, the part that matched where a rule did.
    private static func judgedText(_ reply: Decision.Reply, in inspection: Inspection) -> String {
        let segments = inspection.segments
        guard let segment = reply.segment, segments.indices.contains(segment) else { return "" }
        guard !reply.isForced,
            let turn = TurnText.grouping(segments).first(where: { $0.members.contains(segment) })
        else { return segments[segment].text }
        return turn.joined(segments, separator: "\n").text
    }

    /// Whether a text of our own would be stopped or edited by the policy's rules for answers.
    private func breaksRules(_ text: String) -> Bool {
        let segment = TextSegment(path: "", role: .assistant, text: text)
        let matched = Set(rules.matches(in: [segment], phase: .output).map(\.ruleID))
        return policy.rules.contains { matched.contains($0.id) && $0.action > .log }
    }

    func usesModel(in phase: Phase) -> Bool { policy.needsScores(in: phase) }

    /// Why nothing is known of texts that nobody waits for any more.
    private static let calledOff = ClassifierError.failed("cancelled")

    private struct Scores {
        /// Per inspected segment: its turn's scores, or nil where the model gave none.
        var assessments: [Assessment?]
        var tokens = 0
        var failure: ClassifierError?

        /// The highest scores of all segments; nil if the model scored none. Where it failed, names count for nothing: their
        /// scores are not the model's.
        func highest(of segments: [TextSegment]) -> Assessment? {
            zip(segments, assessments).filter { $0.0.kind == .words || failure == nil }
                .compactMap { $0.1 }
                .reduce(nil) { $0?.union($1) ?? $1 }
        }
    }

    /// Scores each turn as one text, in every view that differs from the raw one, and gives its scores to all its parts.
    ///
    /// The last turn of a request is scored behind the turns before it as well: harm may lie in what they make of it.
    private func score(
        _ turns: [TurnText],
        of segments: [TextSegment],
        views: [TextViews],
        phase: Phase,
        context: [ClassifierInput.Turn],
        queries: [Int: [ClassifierInput.Turn]],
        deadline: ContinuousClock.Instant?
    ) async -> Scores {
        guard usesModel(in: phase), !segments.isEmpty else { return Scores(assessments: []) }
        guard !Task.isCancelled else {
            return Scores(assessments: segments.map { _ in nil }, failure: Self.calledOff)
        }
        var known: [ClassifierInput: Assessment] = [:]
        var wanted: [ClassifierInput] = []
        var inputs = turns.map { turn in
            let whole =
                turn.members.count == 1
                ? views[turn.members[0]] : TextViews(turn.joined(segments, separator: "\n").text)
            let before = phase == .output ? turn.turn.flatMap { queries[$0] } ?? context : []
            return whole.modelViews.map { ClassifierInput(role: turn.role, text: $0, context: before) }
        }
        let earlier = context.filter { policy[phase].roles.contains($0.role) }
        if phase == .input, classifier.readsContext,
            let behind = Conversation(turns, segments, after: earlier).lastTurn
        {
            inputs[behind.index].append(behind.input)
        }
        var seen: Set<ClassifierInput> = []
        for input in inputs.joined() where seen.insert(input).inserted {
            if let cached = cache.assessment(for: input) {
                known[input] = cached
            } else {
                wanted.append(input)
            }
        }

        // A name is not the model's to judge, and no failure of it.
        var scores = Scores(assessments: segments.map { $0.kind == .name ? Assessment.none : nil })
        if !wanted.isEmpty {
            do {
                for (input, assessment) in zip(wanted, try await classifier.classify(wanted, deadline: deadline)) {
                    known[input] = assessment
                    scores.tokens += assessment.tokens
                    if let ceiling = assessment.ceiling {
                        // What is not known yet is asked for again.
                        scores.failure = ceiling.failure
                    } else {
                        cache.store(assessment, for: input)
                    }
                }
            } catch let error as ClassifierError {
                scores.failure = error
            } catch {
                scores.failure = .failed(String(describing: type(of: error)))
            }
        }
        for (turn, inputs) in zip(turns, inputs) {
            let assessments = inputs.compactMap { known[$0] }
            // A view without a score may be the one that hides the harm: the turn counts as not judged.
            guard assessments.count == inputs.count else { continue }
            let worst = assessments.reduce(Assessment.none) { $0.union($1) }
            for member in turn.members { scores.assessments[member] = worst }
        }
        return scores
    }
}

extension TextViews {
    /// The views of each text. Names recur, so each is read once.
    fileprivate static func of(_ segments: [TextSegment]) -> [TextViews] {
        var known: [String: TextViews] = [:]
        return segments.map { segment in
            guard segment.kind == .name else { return TextViews(segment.text) }
            if let views = known[segment.text] { return views }
            let views = TextViews(segment.text)
            known[segment.text] = views
            return views
        }
    }
}

package import GuardCore

/// Several engines as one: all are asked at once, and a rule makes one score of theirs.
///
/// A member speaks only for the categories that it scores in texts of the role. Where one gave no scores, the score is known to be
/// within bounds, and the policy is told both: what is certain is decided as ever, and what the missing scores could change is a
/// failure.
package struct EngineEnsemble: SafetyClassifier {
    /// How scores become one.
    package enum Rule: String, CaseIterable, Sendable {
        /// The highest: one engine is enough to call a text harmful.
        case any
        /// The lowest: all engines have to.
        case all
        /// The mean by weight.
        case weighted
    }

    package struct Member: Sendable {
        package var engine: any SafetyClassifier
        /// Above zero; for `weighted` only.
        package var weight: Double

        package init(_ engine: any SafetyClassifier, weight: Double = 1) {
            self.engine = engine
            self.weight = weight
        }
    }

    private let members: [Member]
    private let rule: Rule

    /// - Parameter members: at least one.
    package init(_ members: [Member], rule: Rule) {
        precondition(!members.isEmpty, "an ensemble has at least one member")
        self.members = members
        self.rule = rule
    }

    package var readsContext: Bool { members.contains { $0.engine.readsContext } }

    package func categories(of role: Role) -> Set<HarmCategory> {
        members.reduce([]) { $0.union($1.engine.categories(of: role)) }
    }

    package func classify(
        _ texts: [ClassifierInput],
        deadline: ContinuousClock.Instant?
    ) async throws -> [Assessment] {
        let answers = await answers(about: texts, deadline: deadline)
        // The first in the order of the configuration stands for all that failed.
        let failure = answers.lazy.compactMap(\.failure).first
        guard answers.contains(where: { $0.failure == nil }) else { throw (failure ?? .failed("")).classifierError }
        return texts.enumerated().map { combined($0, role: $1.role, answers, failure) }
    }

    private struct Answer {
        var assessments: [Assessment] = []
        var failure: EngineFailure?
    }

    private func answers(about texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async -> [Answer] {
        await withTaskGroup(of: (Int, Answer).self) { group in
            for (index, member) in members.enumerated() {
                group.addTask {
                    do {
                        let assessments = try await member.engine.classify(texts, deadline: deadline)
                        guard assessments.count == texts.count else {
                            return (index, Answer(failure: .unreadable("scores are missing")))
                        }
                        return (index, Answer(assessments: assessments))
                    } catch {
                        return (index, Answer(failure: EngineFailure(error)))
                    }
                }
            }
            var answers = [Answer](repeating: Answer(), count: members.count)
            for await (index, answer) in group { answers[index] = answer }
            return answers
        }
    }

    private func combined(_ text: Int, role: Role, _ answers: [Answer], _ failure: EngineFailure?) -> Assessment {
        func bounds(_ scores: [(score: Double?, weight: Double)]) -> ClosedRange<Double> { rule.bounds(of: scores) }
        let voices = zip(members, answers).map { member, answer in
            (
                weight: member.weight, categories: member.engine.categories(of: role),
                assessment: answer.failure == nil ? answer.assessments[text] : nil
            )
        }
        let harm = bounds(voices.map { ($0.assessment?.harm, $0.weight) })
        let categories = HarmCategory.allCases.map { category in
            bounds(
                voices.filter { $0.categories.contains(category) }.map {
                    ($0.assessment?.categories[category], $0.weight)
                }
            )
        }
        var result = Assessment(
            harm: harm.lowerBound,
            categories: CategoryScores(categories.map(\.lowerBound)),
            tokens: voices.reduce(0) { $0 + ($1.assessment?.tokens ?? 0) }
        )
        if let failure {
            result.ceiling = Assessment.Ceiling(
                harm: harm.upperBound,
                categories: CategoryScores(categories.map(\.upperBound)),
                failure: failure.classifierError
            )
        }
        return result
    }
}

extension EngineEnsemble.Rule {
    /// What the score is, at least and at most.
    ///
    /// - Parameter scores: of the engines that speak for a category; nil where one gave none. A score that is not a number is
    ///   none: it would pass for harmless.
    func bounds(of scores: [(score: Double?, weight: Double)]) -> ClosedRange<Double> {
        let scores = scores.map { (score: $0.score.flatMap { $0.isNaN ? nil : min(max($0, 0), 1) }, weight: $0.weight) }
        guard !scores.isEmpty else { return 0...0 }
        let known = scores.compactMap(\.score)
        let isWhole = known.count == scores.count
        switch self {
        case .any:
            let highest = known.max() ?? 0
            return highest...(isWhole ? highest : 1)
        case .all:
            let lowest = known.min() ?? 1
            return (isWhole ? lowest : 0)...lowest
        case .weighted:
            let total = scores.reduce(0) { $0 + $1.weight }
            let sum = scores.reduce(0) { $0 + ($1.score ?? 0) * $1.weight }
            let missing = scores.reduce(0) { $0 + ($1.score == nil ? $1.weight : 0) }
            let lowest = min(1, sum / total)
            return lowest...min(1, max(lowest, (sum + missing) / total))
        }
    }
}

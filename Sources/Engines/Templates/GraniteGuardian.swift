import ChatAPI
import GuardCore

/// Granite Guardian 3 (IBM, "Granite Guardian" documentation): one question for each risk, which the model's own chat template
/// puts into words. The answer is `Yes` or `No`, since 3.3 between `<score>` tags.
struct GraniteGuardian: GuardTemplate {
    /// What the model calls a risk, and the category here that it is about; nil for harm as a whole.
    private static let risks: [(name: String, category: HarmCategory?)] = [
        ("harm", nil), ("violence", .violentCrimes), ("social_bias", .hate), ("sexual_content", .sexualContent),
        ("jailbreak", .jailbreak),
    ]

    private static let allCategories = Set(risks.compactMap(\.category))
    /// Jailbreaks are something that callers do.
    private static let answerCategories = allCategories.subtracting([.jailbreak])

    let readsContext = true

    func categories(of role: Role) -> Set<HarmCategory> { role.isAnswer ? Self.answerCategories : Self.allCategories }

    /// Those that there is a question about.
    private static func risks(of input: ClassifierInput) -> [(name: String, category: HarmCategory?)] {
        risks.filter { !input.isAnswer || $0.category.map(answerCategories.contains) ?? true }
    }

    func questions(about input: ClassifierInput) -> [Question] {
        var turns = [ClassifierInput.Turn(role: .user, text: PlainText.neutralised(input.text))]
        if input.isAnswer {
            turns[0].role = .assistant
            let asked = input.context.last { $0.role == .user }?.text ?? ""
            turns.insert(.init(role: .user, text: PlainText.neutralised(asked)), at: 0)
        }
        return Self.risks(of: input).map { risk in
            let settings: JSONObject = ["risk_name": .string(risk.name)]
            return Question(
                form: .chat(turns),
                tokens: 20,
                templateArguments: ["guardian_config": .object(settings), "think": .bool(false)]
            )
        }
    }

    func assessment(of answers: [Completion], about input: ClassifierInput) throws(EngineFailure) -> Assessment {
        let risks = Self.risks(of: input)
        guard answers.count == risks.count else { throw .unreadable("an answer is missing") }
        var assessment = Assessment(harm: 0, categories: CategoryScores(), tokens: 0)
        for (risk, answer) in zip(risks, answers) {
            let isTagged = answer.text[...].lowercasedRange(of: "<score>") != nil
            let verdict = try Verdict(
                of: answer,
                words: [.init(text: "no", harm: 0), .init(text: "yes", harm: 1)],
                after: isTagged ? "<score>" : nil
            )
            assessment.harm = max(assessment.harm, verdict.harm)
            if let category = risk.category { assessment.categories[category] = verdict.harm }
        }
        return assessment
    }
}

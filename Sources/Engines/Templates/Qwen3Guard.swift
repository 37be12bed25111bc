import GuardCore

/// Qwen3Guard-Gen (Alibaba, "Qwen3Guard Technical Report"): the model's own chat template asks about the last turn. The answer
/// is a line `Safety:` with one of three words and a line `Categories:`.
struct Qwen3Guard: GuardTemplate {
    private static let names: [(name: String, categories: [HarmCategory])] = [
        ("Non-violent Illegal Acts", [.nonviolentCrimes]), ("Violent", [.violentCrimes]),
        ("Sexual Content or Sexual Acts", [.sexualContent]), ("PII", [.privacy]),
        ("Personally Identifiable Information", [.privacy]), ("Suicide & Self-Harm", [.selfHarm]),
        ("Unethical Acts", [.hate, .harassment]), ("Politically Sensitive Topics", [.misinformation]),
        ("Copyright Violation", [.intellectualProperty]), ("Jailbreak", [.jailbreak]),
    ]

    private static let allCategories = Set(names.flatMap(\.categories))
    /// The model is not trained to call an answer a jailbreak.
    private static let answerCategories = allCategories.subtracting([.jailbreak])

    let readsContext = true

    func categories(of role: Role) -> Set<HarmCategory> { role.isAnswer ? Self.answerCategories : Self.allCategories }

    func questions(about input: ClassifierInput) -> [Question] {
        var turns: [ClassifierInput.Turn] = []
        for turn in input.context + [.init(role: input.role, text: input.text)] {
            let role: Role = turn.role == .assistant ? .assistant : .user
            let text = PlainText.neutralised(turn.text)
            // Turns of one side are one turn, as the template wants them.
            if turns.last?.role == role {
                turns[turns.count - 1].text += "\n\n" + text
            } else {
                turns.append(.init(role: role, text: text))
            }
        }
        // An answer without its question is told to be one by an empty question before it.
        if turns.first?.role == .assistant { turns.insert(.init(role: .user, text: ""), at: 0) }
        return [Question(form: .chat(turns), tokens: 64)]
    }

    func assessment(of answers: [Completion], about input: ClassifierInput) throws(EngineFailure) -> Assessment {
        guard let answer = answers.first else { throw .unreadable("there is no answer") }
        let verdict = try Verdict(
            of: answer,
            words: [
                .init(text: "safe", harm: 0), .init(text: "controversial", harm: 0.5), .init(text: "unsafe", harm: 1),
            ],
            after: "safety:"
        )
        var assessment = Assessment(harm: verdict.harm, categories: CategoryScores(), tokens: 0)
        guard verdict.word != "safe", let place = verdict.rest.lowercasedRange(of: "categories:") else {
            return assessment
        }
        let named = verdict.rest[place.upperBound...].prefix { $0 != "\n" }.split(separator: ",").map(\.trimmed)
        for (name, categories) in Self.names where named.contains(where: { $0.lowercased() == name.lowercased() }) {
            for category in categories { assessment.categories[category] = verdict.harm }
        }
        return assessment
    }
}

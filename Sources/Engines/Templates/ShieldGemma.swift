import GuardCore

/// ShieldGemma (Google, "ShieldGemma model card"): one question for each of four principles; the answer begins with `Yes` if the
/// text violates it. The model was trained to be asked about one principle at a time.
struct ShieldGemma: GuardTemplate {
    /// What one principle is called, what it says, and the categories here that it is about.
    private struct Principle {
        var name: String
        var words: String
        var categories: [HarmCategory]
    }

    private static let principles = [
        Principle(
            name: "No Dangerous Content",
            words: "content that harms oneself or others, such as getting or building firearms and explosive devices, "
                + "promotion of terrorism, or instructions for suicide",
            categories: [.violentCrimes, .weapons, .selfHarm]
        ),
        Principle(
            name: "No Harassment",
            words:
                "content that is malicious, intimidating, bullying or abusive and targets another individual, such as "
                + "physical threats, denial of tragic events, or disparaging victims of violence",
            categories: [.harassment]
        ),
        Principle(
            name: "No Hate Speech",
            words: "content that targets identity or protected attributes, such as racial slurs, promotion of "
                + "discrimination, or calls to violence against protected groups",
            categories: [.hate]
        ),
        Principle(
            name: "No Sexually Explicit Information",
            words: "content that contains references to sexual acts or other lewd content, such as sexually graphic "
                + "descriptions. Medical or scientific terms of human anatomy and sex education are allowed",
            categories: [.sexualContent]
        ),
    ]

    /// What tells the texts of a prompt from each other.
    private static let labels: Set = ["humanquestion", "chatbotresponse"]

    private static let allCategories = Set(principles.flatMap(\.categories))

    let readsContext = true

    func categories(of role: Role) -> Set<HarmCategory> { Self.allCategories }

    func questions(about input: ClassifierInput) -> [Question] {
        let text = PlainText.neutralised(input.text, labels: Self.labels)
        // Only the question before an answer has a place in the prompt.
        let asked =
            input.context.last { $0.role == .user }.map { PlainText.neutralised($0.text, labels: Self.labels) } ?? ""
        return Self.principles.map { principle in
            let prompt =
                input.isAnswer
                ? """
                You are a policy expert trying to help determine whether an AI response to a prompt is in violation of the defined safety policies.

                <start_of_turn>
                Human Question: \(asked)
                <end_of_turn>

                <start_of_turn>
                Chatbot Response: \(text)
                <end_of_turn>

                Our safety principle is defined in the below:

                * "\(principle.name)": The chatbot shall not generate \(principle.words).

                Does the Chatbot Response violate the above principle? Your answer must start with 'Yes' or 'No'. And then walk through step by step to be sure we answer correctly.


                """
                : """
                You are a policy expert trying to help determine whether a user prompt is in violation of the defined safety policies.

                <start_of_turn>
                Human Question: \(text)
                <end_of_turn>

                Our safety principle is defined in the below:

                * "\(principle.name)": The prompt shall not contain or seek generation of \(principle.words).

                Does the human question violate the above principle? Your answer must start with 'Yes' or 'No'. And then walk through step by step to be sure we answer correctly.


                """
            return Question(form: .prompt(prompt), tokens: 4)
        }
    }

    func assessment(of answers: [Completion], about input: ClassifierInput) throws(EngineFailure) -> Assessment {
        guard answers.count == Self.principles.count else { throw .unreadable("an answer is missing") }
        var assessment = Assessment(harm: 0, categories: CategoryScores(), tokens: 0)
        for (principle, answer) in zip(Self.principles, answers) {
            let verdict = try Verdict(of: answer, words: [.init(text: "no", harm: 0), .init(text: "yes", harm: 1)])
            assessment.harm = max(assessment.harm, verdict.harm)
            for category in principle.categories { assessment.categories[category] = verdict.harm }
        }
        return assessment
    }
}

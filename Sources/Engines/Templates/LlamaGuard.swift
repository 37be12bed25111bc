import GuardCore

/// Llama Guard 3 (Meta, "Llama Guard 3 model card and prompt format"): one question with the hazards of MLCommons; the answer is
/// `safe`, or `unsafe` and a line of their codes.
///
/// The texts of the categories are their names only; the model knows what they stand for.
struct LlamaGuard: GuardTemplate {
    /// The codes in order, S1 first, with their names in the prompt and what they are called here.
    private static let hazards: [(name: String, category: HarmCategory)] = [
        ("Violent Crimes", .violentCrimes), ("Non-Violent Crimes", .nonviolentCrimes), ("Sex Crimes", .sexCrimes),
        ("Child Exploitation", .childExploitation), ("Defamation", .defamation),
        ("Specialized Advice", .specializedAdvice), ("Privacy", .privacy),
        ("Intellectual Property", .intellectualProperty), ("Indiscriminate Weapons", .weapons), ("Hate", .hate),
        ("Self-Harm", .selfHarm), ("Sexual Content", .sexualContent), ("Elections", .misinformation),
        ("Code Interpreter Abuse", .cybercrime),
    ]

    /// What tells the turns of a conversation from each other.
    private static let labels: Set = ["user", "agent"]

    private static let allCategories = Set(hazards.map(\.category))

    let readsContext = true

    func categories(of role: Role) -> Set<HarmCategory> { Self.allCategories }

    func questions(about input: ClassifierInput) -> [Question] {
        let who = input.isAnswer ? "Agent" : "User"
        let turns = input.context + [.init(role: input.role, text: input.text)]
        let conversation = turns.map { turn in
            "\(turn.role == .assistant ? "Agent" : "User"): \(PlainText.neutralised(turn.text, labels: Self.labels))"
        }
        let list = Self.hazards.enumerated().map { "S\($0 + 1): \($1.name)." }
        // The server puts the token in front with which every prompt begins.
        let prompt = """
            <|start_header_id|>user<|end_header_id|>

            Task: Check if there is unsafe content in '\(who)' messages in conversations according our safety policy with the below categories.

            <BEGIN UNSAFE CONTENT CATEGORIES>
            \(list.joined(separator: "\n"))
            <END UNSAFE CONTENT CATEGORIES>

            <BEGIN CONVERSATION>

            \(conversation.joined(separator: "\n\n"))

            <END CONVERSATION>

            Provide your safety assessment for ONLY THE LAST \(who) message in the above conversation:
             - First line must read 'safe' or 'unsafe'.
             - If unsafe, a second line must include a comma-separated list of violated categories.<|eot_id|><|start_header_id|>assistant<|end_header_id|>


            """
        return [Question(form: .prompt(prompt), tokens: 32)]
    }

    func assessment(of answers: [Completion], about input: ClassifierInput) throws(EngineFailure) -> Assessment {
        guard let answer = answers.first else { throw .unreadable("there is no answer") }
        let verdict = try Verdict(of: answer, words: [.init(text: "safe", harm: 0), .init(text: "unsafe", harm: 1)])
        var assessment = Assessment(harm: verdict.harm, categories: CategoryScores(), tokens: 0)
        guard verdict.word == "unsafe" else { return assessment }
        for code in verdict.rest.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
            // A code that is not in the list was not asked for, and says no more than that the text is unsafe.
            guard code.first == "S" || code.first == "s", let number = Int(code.dropFirst()),
                (1...Self.hazards.count).contains(number)
            else { continue }
            assessment.categories[Self.hazards[number - 1].category] = verdict.harm
        }
        return assessment
    }
}

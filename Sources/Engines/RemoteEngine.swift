import ChatAPI
package import GuardCore

/// A guard model behind a server, as a classifier: the text is asked about in the model's own form, and the answer is read.
package struct RemoteEngine: SafetyClassifier {
    package struct Settings: Sendable, Equatable {
        /// What the server calls the model.
        package var model: String
        package var kind: GuardModelKind
        /// In place of the template's own words, for `instruction`.
        package var instruction: String?
        /// How long all questions about the texts of one call may take.
        package var timeout: Duration = .seconds(5)
        /// Whether probabilities are asked for. Without them a text is harmful or not, and nothing between.
        package var asksProbabilities = true
        /// UTF-8 bytes of a text that one question has room for. A longer text is several questions.
        package var windowBytes = 8 << 10
        /// UTF-8 bytes of what was said before it that are read with it, the latest turns first.
        package var contextBytes = 4 << 10
        /// Questions of one call that may be under way.
        package var concurrency = 8

        package init(model: String, kind: GuardModelKind) {
            self.model = model
            self.kind = kind
        }
    }

    private let settings: Settings
    private let template: any GuardTemplate
    private let server: any ModelServer

    /// A quarter of a window is read twice, and never more than that.
    private var overlap: Int { min(512, settings.windowBytes / 4) }

    package init(_ settings: Settings, server: any ModelServer) {
        self.settings = settings
        template = settings.kind.template(instruction: settings.instruction)
        self.server = server
    }

    package var readsContext: Bool { template.readsContext }

    package func categories(of role: Role) -> Set<HarmCategory> { template.categories(of: role) }

    package func classify(
        _ texts: [ClassifierInput],
        deadline: ContinuousClock.Instant?
    ) async throws -> [Assessment] {
        do throws(EngineFailure) {
            return try await assess(texts, deadline: deadline)
        } catch {
            throw error.classifierError
        }
    }

    /// - Throws: `EngineFailure`. A failure of one question is the failure of all: a text that is judged in part is not judged.
    func assess(
        _ texts: [ClassifierInput],
        deadline: ContinuousClock.Instant?
    ) async throws(EngineFailure) -> [Assessment] {
        let own = ContinuousClock.now + settings.timeout
        let limit = min(own, deadline ?? own)
        var assessments = [Assessment](repeating: .none, count: texts.count)
        var windows: [Window] = []
        var questions = 0
        for (index, text) in texts.enumerated() {
            for input in self.windows(of: text) {
                let window = Window(text: index, input: input, questions: template.questions(about: input))
                windows.append(window)
                questions += window.questions.count
                guard questions >= Self.questionsAtATime else { continue }
                try await assess(windows, into: &assessments, deadline: limit)
                (windows, questions) = ([], 0)
            }
        }
        try await assess(windows, into: &assessments, deadline: limit)
        return assessments
    }

    /// A piece of a text, and what is asked about it.
    private struct Window {
        let text: Int
        let input: ClassifierInput
        let questions: [Question]
    }

    /// So many questions are made and then asked before more are made: each holds a piece and its context, so that all about many texts
    /// at once would be many times as large as the texts.
    private static let questionsAtATime = 256

    private func assess(
        _ windows: [Window],
        into assessments: inout [Assessment],
        deadline: ContinuousClock.Instant
    ) async throws(EngineFailure) {
        var answers = try await ask(windows.flatMap(\.questions), deadline: deadline)[...]
        for window in windows {
            let own = Array(answers.prefix(window.questions.count))
            answers = answers.dropFirst(own.count)
            let assessment = try template.assessment(of: own, about: window.input)
            assessments[window.text] = assessments[window.text].union(assessment)
        }
    }

    /// The text in pieces that fit, each behind as much of the context as fits.
    private func windows(of input: ClassifierInput) -> [ClassifierInput] {
        var context: [ClassifierInput.Turn] = []
        var left = settings.contextBytes
        for turn in input.context.reversed() {
            let length = turn.text.utf8.count
            guard length <= left else {
                // Of the turn that is too long its end is nearest.
                if left >= 64 {
                    let end = TextWindows.end(of: turn.text, bytes: left)
                    context.insert(.init(role: turn.role, text: end), at: 0)
                }
                break
            }
            left -= length
            context.insert(turn, at: 0)
        }
        return TextWindows.of(input.text, bytes: settings.windowBytes, overlap: overlap).map {
            ClassifierInput(role: input.role, text: $0, context: context)
        }
    }

    /// Asks all questions, some at a time; the first failure ends the rest.
    private func ask(
        _ questions: [Question],
        deadline: ContinuousClock.Instant
    ) async throws(EngineFailure) -> [Completion] {
        let outcome = await withTaskGroup(of: (Int, Result<Completion, EngineFailure>).self) { group in
            var answers = [Completion?](repeating: nil, count: questions.count)
            var next = 0
            func start() {
                guard next < questions.count else { return }
                let (index, question) = (next, questions[next])
                next += 1
                group.addTask { (index, await answer(question, deadline: deadline)) }
            }
            for _ in 0..<max(1, settings.concurrency) { start() }
            while let (index, result) = await group.next() {
                switch result {
                case .success(let completion): answers[index] = completion
                case .failure(let failure):
                    group.cancelAll()
                    return Result<[Completion], EngineFailure>.failure(failure)
                }
                start()
            }
            return .success(answers.compactMap { $0 })
        }
        return try outcome.get()
    }

    private func answer(
        _ question: Question,
        deadline: ContinuousClock.Instant
    ) async -> Result<Completion, EngineFailure> {
        do throws(EngineFailure) {
            guard deadline > .now else { throw .deadlineExceeded }
            let bytes = try await server.post(question.path, JSONWriter.bytes(body(of: question)), deadline: deadline)
            return .success(try Completion(parsing: bytes))
        } catch {
            return .failure(error)
        }
    }

    /// The likeliest candidates of a token that are asked for: some servers give no more.
    private static let candidates = 5

    private func body(of question: Question) -> JSONValue {
        var body: JSONObject = ["model": .string(settings.model)]
        switch question.form {
        case .prompt(let prompt): body["prompt"] = .string(prompt)
        case .chat(let turns):
            body["messages"] = .array(
                turns.map { .object(["role": .string(Self.role(of: $0.role)), "content": .string($0.text)]) }
            )
        }
        body["max_tokens"] = .number(String(question.tokens))
        body["temperature"] = .number("0")
        body["stream"] = .bool(false)
        if settings.asksProbabilities {
            if case .prompt = question.form {
                body["logprobs"] = .number(String(Self.candidates))
            } else {
                body["logprobs"] = .bool(true)
                body["top_logprobs"] = .number(String(Self.candidates))
            }
        }
        if !question.templateArguments.members.isEmpty {
            body["chat_template_kwargs"] = .object(question.templateArguments)
        }
        return .object(body)
    }

    private static func role(of role: Role) -> String {
        switch role {
        case .assistant: "assistant"
        case .system: "system"
        case .user, .developer, .tool, .context: "user"
        }
    }
}

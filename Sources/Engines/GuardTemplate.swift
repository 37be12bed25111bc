import ChatAPI
import GuardCore

/// A question about one text, as OpenAI's API takes it.
struct Question: Sendable, Equatable {
    enum Form: Sendable, Equatable {
        /// `/v1/completions`: the whole prompt, as the model was trained to read it.
        case prompt(String)
        /// `/v1/chat/completions`: turns that the server puts into the model's own form.
        case chat([ClassifierInput.Turn])
    }

    var form: Form
    /// The most that the model may write.
    var tokens: Int
    /// What else the server's template is told.
    var templateArguments: JSONObject = [:]

    var path: String {
        switch form {
        case .prompt: "/v1/completions"
        case .chat: "/v1/chat/completions"
        }
    }
}

/// How a guard model is asked about a text, and how its answers are read.
protocol GuardTemplate: Sendable {
    /// The categories that its answers about texts of this role say something about.
    func categories(of role: Role) -> Set<HarmCategory>
    /// Whether turns before a text are read with it.
    var readsContext: Bool { get }

    /// - Parameter input: a text that fits, with context that fits.
    /// - Returns: at least one question.
    func questions(about input: ClassifierInput) -> [Question]

    /// - Parameter answers: one for each question, in order.
    /// - Returns: probabilities; the token count is the caller's.
    /// - Throws: `EngineFailure.unreadable` or `contradiction`.
    func assessment(of answers: [Completion], about input: ClassifierInput) throws(EngineFailure) -> Assessment
}

/// The guard models that there are templates for, by the names that a configuration has for them.
package enum GuardModelKind: String, CaseIterable, Sendable {
    case llamaGuard = "llama_guard"
    case shieldGemma = "shieldgemma"
    case graniteGuardian = "granite_guardian"
    case qwen3Guard = "qwen3guard"
    /// Any model that follows instructions.
    case instruction

    /// - Parameter instruction: an operator's own words, for `instruction` only.
    func template(instruction: String?) -> any GuardTemplate {
        switch self {
        case .llamaGuard: LlamaGuard()
        case .shieldGemma: ShieldGemma()
        case .graniteGuardian: GraniteGuardian()
        case .qwen3Guard: Qwen3Guard()
        case .instruction: PlainInstruction(instruction: instruction)
        }
    }
}

extension Role {
    /// Whether the words are the LLM's own: they are judged as an answer, all else as what the LLM is asked.
    var isAnswer: Bool { self == .assistant }
}

extension ClassifierInput {
    var isAnswer: Bool { role.isAnswer }
}

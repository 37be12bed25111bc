import ArgumentParser
import Foundation
import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import PolicyLanguage

struct PolicyExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say in words what a policy does, or why a text gets the decision that it gets.",
        discussion: """
            With --text, the text is judged as a caller's message, or as an answer with --phase output: how it was read, which rules \
            matched in which reading, every score beside its threshold, what counted and what did not, and what follows.
            """
    )

    @Argument(help: "The policy file.")
    var file: String

    @Option(help: "Explain it for requests to this path or API, for example openai.chat.")
    var route: [String] = []

    @Option(help: "Explain it for requests that ask for this model.")
    var model: String?

    @Option(help: "Explain it for requests of this tenant.")
    var tenant: String?

    @Option(help: "Explain what is decided about this text; '-' reads it from standard input.")
    var text: String?

    @Option(help: "Where the text is seen: input or output.")
    var phase = Phase.input

    @Option(help: "Whose words it holds; the user's of the input, the assistant's of the output.")
    var role: Role?

    @Option(help: "What the caller asked, where the text is an answer to it.")
    var query: String?

    @Flag(help: "Try the rules alone; the guardian model is not loaded.")
    var rulesOnly = false

    @Option(help: ModelFile.help)
    var packed = ModelFile.standard

    @Option(help: "Compute threads.")
    var threads = ModelThreads.standard

    @Flag(help: "Print an object.")
    var json = false

    /// Nil if no request was described.
    private var scope: RequestScope? {
        let scope = RequestScope(routes: RequestScope.routes(route), model: model, tenant: tenant)
        return scope == RequestScope() ? nil : scope
    }

    func validate() throws {
        if text == nil, phase != .input || role != nil || query != nil || rulesOnly {
            throw ValidationError("--phase, --role, --query and --rules-only are about a --text")
        }
        if query != nil, phase != .output { throw ValidationError("--query belongs to a text of --phase output") }
    }

    func run() async throws {
        try await reportingErrors {
            guard let text else {
                let explanation = PolicyExplanation(try PolicyCompiler.compile(path: file).policy, for: scope)
                try output(json ? jsonText(explanation, .prettyPrinted) : "\(explanation)")
                return
            }
            let report = try await report(on: text == "-" ? Self.typedText() : text)
            try output(json ? jsonText(report, .prettyPrinted) : "\(report)")
        }
    }

    private func report(on text: String) async throws -> TextExplanationReport {
        let tried = try TriedPolicy(path: file, rulesOnly: rulesOnly, scope: scope ?? RequestScope())
        let settings = GatewayConfiguration.Model(file: packed.path, threads: threads.count)
        let engine = rulesOnly ? nil : try Gateway.engine(settings, capacity: 1)
        defer { engine?.shutDown() }
        let pipeline = tried.pipeline(engine)
        let explanation = try await pipeline.explain(
            text,
            role: role ?? (phase == .input ? .user : .assistant),
            phase: phase,
            context: query.map { [.init(role: .user, text: $0)] } ?? []
        )
        // Without the model only the wording of the policy file is known.
        let response =
            engine == nil ? nil : await pipeline.safeguard(for: explanation.inspection, query: query, deadline: nil)
        return TextExplanationReport(explanation, overrides: tried.overrides, response: response)
    }

    private static func typedText() throws -> String { String(decoding: try standardInput(), as: UTF8.self) }
}

extension Phase: ExpressibleByArgument {}
extension Role: ExpressibleByArgument {}

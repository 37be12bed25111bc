import ArgumentParser
import Foundation
import GuardCore
import GuardianModel

struct RespondCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "respond",
        abstract: "Write the safeguard response that a blocked text would get.",
        discussion: """
            With --input, each line of a file holds 'text', 'category' and perhaps 'forced', and comes back with 'response', \
            'origin' (generated or template), 'subject', 'tokens', and 'reason' where a template was used.
            """
    )

    @OptionGroup var model: ModelOptions

    @Option(help: "The category of harm that decided, for example self_harm.")
    var category: String?

    @Option(help: "The text that was blocked.")
    var text: String?

    @Option(help: "A file of JSON lines in place of --category and --text.")
    var input: String?

    @Flag(help: "As where a rule and not the model decided.")
    var forced = false

    @Flag(help: "Print an object with the text, its origin and why a template was used.")
    var json = false

    func validate() throws {
        if input == nil, category == nil || text == nil {
            throw ValidationError("give --category and --text, or --input")
        }
        if input != nil, category != nil || text != nil || forced {
            throw ValidationError("with --input, category, text and forced stand in the file")
        }
        if let category, HarmCategory(rawValue: category) == nil {
            let known = HarmCategory.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("unknown category '\(category)'. Known: \(known)")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let engine = try model.engine()
            if let input { return try await respond(toLinesOf: input, engine) }
            guard let category = category.flatMap(HarmCategory.init(rawValue:)), let text else { return }
            let request = SafeguardRequest(category: category, text: text, isForced: forced)
            let response = await engine.respond(to: request, deadline: nil)
            guard json else {
                try output(response.text)
                if let reason = response.fallbackReason { complain("template used: \(reason)") }
                return
            }
            var object: [String: Any] = [
                "text": response.text, "origin": response.origin.rawValue, "tokens": response.tokens,
            ]
            object["reason"] = response.fallbackReason
            object["subject"] = response.subject
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
            try output(String(decoding: data, as: UTF8.self))
        }
    }

    private func respond(toLinesOf file: String, _ engine: GuardianEngine) async throws {
        let expected = "a JSON object with a 'text' and a known 'category'"
        try await JSONLines(file).answer(expecting: expected) { line in
            guard let text = line["text"] as? String, let name = line["category"] as? String,
                let category = HarmCategory(rawValue: name)
            else { return nil }
            let isForced = line["forced"] as? Bool ?? false
            let response = await engine.respond(
                to: SafeguardRequest(category: category, text: text, isForced: isForced),
                deadline: nil
            )
            var object = line
            object["response"] = response.text
            object["origin"] = response.origin.rawValue
            object["tokens"] = response.tokens
            object["reason"] = response.fallbackReason
            object["subject"] = response.subject
            return object
        }
    }
}

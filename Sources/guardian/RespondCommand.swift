import ArgumentParser
import Foundation
import GuardCore
import GuardianModel

struct RespondCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "respond",
        abstract: "Write the safeguard response that a blocked text would get."
    )

    @OptionGroup var model: ModelOptions

    @Option(help: "The category of harm that decided, for example self_harm.")
    var category: String

    @Option(help: "The text that was blocked.")
    var text: String

    @Flag(help: "As where a rule and not the model decided.")
    var forced = false

    @Flag(help: "Print an object with the text, its origin and why a template was used.")
    var json = false

    func run() async throws {
        guard let category = HarmCategory(rawValue: category) else {
            let known = HarmCategory.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("unknown category '\(category)'. Known: \(known)")
        }
        try await reportingErrors {
            let request = SafeguardRequest(category: category, text: text, isForced: forced)
            let response = await (try model.engine()).respond(to: request, deadline: nil)
            guard json else {
                print(response.text)
                if let reason = response.fallbackReason { complain("template used: \(reason)") }
                return
            }
            var object: [String: Any] = [
                "text": response.text, "origin": response.origin.rawValue, "tokens": response.tokens,
            ]
            object["reason"] = response.fallbackReason
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
            print(String(decoding: data, as: UTF8.self))
        }
    }
}

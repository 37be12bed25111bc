import ArgumentParser
import Foundation
import Gateway
import GuardCore
import GuardianModel

struct ClassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract:
            "Score texts: JSON lines with 'text', and 'reply' where an answer is to be judged, in; the same with scores out.",
        discussion: """
            Each line comes back with 'harm' (0...1), 'categories' (name: 0...1), 'tokens' and 'ms' added. With a 'reply', the \
            reply to the text is scored, read behind it.
            """
    )

    @OptionGroup var model: ModelOptions

    @Option(help: "A file of JSON lines; standard input if it is not given.")
    var input: String?

    func run() async throws {
        try await reportingErrors {
            // Before the model, which takes longer to load.
            let lines = try JSONLines(input)
            let engine = try model.engine()
            let clock = ContinuousClock()
            try await lines.answer(expecting: "a JSON object with a 'text'") { line in
                guard let text = line["text"] as? String else { return nil }
                let judged =
                    if let reply = line["reply"] as? String {
                        ClassifierInput(role: .assistant, text: reply, context: [.init(role: .user, text: text)])
                    } else {
                        ClassifierInput(role: .user, text: text)
                    }
                let start = clock.now
                let assessment = try await engine.classify([judged], deadline: nil).first ?? .none
                let elapsed = start.duration(to: clock.now)
                var object = line
                object["harm"] = Self.rounded(assessment.harm)
                object["categories"] = Dictionary(
                    uniqueKeysWithValues: HarmCategory.allCases.map {
                        ($0.rawValue, Self.rounded(assessment.categories[$0]))
                    }
                )
                object["tokens"] = assessment.tokens
                object["ms"] = Self.rounded(elapsed / .milliseconds(1))
                return object
            }
        }
    }

    /// Six digits after the point, as a decimal that prints short.
    private static func rounded(_ value: Double) -> NSDecimalNumber {
        NSDecimalNumber(string: String(format: "%.6f", locale: Locale(identifier: "en_US_POSIX"), value))
    }
}

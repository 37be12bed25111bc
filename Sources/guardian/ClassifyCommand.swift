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
            let engine = try model.engine()
            let lines = try Self.lines(input)
            let clock = ContinuousClock()
            for (number, line) in lines.enumerated() where !line.allSatisfy(\.isWhitespace) {
                guard
                    var object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                    let text = object["text"] as? String
                else {
                    complain("\(input ?? "standard input"):\(number + 1): error: not a JSON object with a 'text'")
                    throw ExitStatus.data
                }
                let reply = object["reply"] as? String
                let judged =
                    if let reply {
                        ClassifierInput(role: .assistant, text: reply, context: [.init(role: .user, text: text)])
                    } else {
                        ClassifierInput(role: .user, text: text)
                    }
                let start = clock.now
                let assessment = try await engine.classify([judged], deadline: nil).first ?? .none
                let elapsed = start.duration(to: clock.now)
                object["harm"] = Self.rounded(assessment.harm)
                object["categories"] = Dictionary(
                    uniqueKeysWithValues: HarmCategory.allCases.map {
                        ($0.rawValue, Self.rounded(assessment.categories[$0]))
                    }
                )
                object["tokens"] = assessment.tokens
                object["ms"] = Self.rounded(elapsed / .milliseconds(1))
                let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
                let output = try JSONSerialization.data(withJSONObject: object, options: options)
                FileHandle.standardOutput.write(output + Data("\n".utf8))
            }
        }
    }

    private static func lines(_ path: String?) throws -> [Substring] {
        let data: Data
        if let path {
            guard let contents = FileManager.default.contents(atPath: path) else {
                complain("\(path): error: the file cannot be read")
                throw ExitStatus.noInput
            }
            data = contents
        } else {
            data = FileHandle.standardInput.readDataToEndOfFile()
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Six digits after the point, as a decimal that prints short.
    private static func rounded(_ value: Double) -> NSDecimalNumber {
        NSDecimalNumber(string: String(format: "%.6f", locale: Locale(identifier: "en_US_POSIX"), value))
    }
}

import ArgumentParser
import Foundation
import Gateway
import PolicyLanguage

struct PolicyDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say in words what one policy does differently from another.",
        discussion:
            "Both are compared as they are understood: order, comments and defaults written out make no difference."
    )

    @Argument(help: "The policy as it was.")
    var old: String

    @Argument(help: "The policy as it is to be.")
    var new: String

    @Flag(help: "End with status 1 if they differ.")
    var exitCode = false

    @Flag(help: "Print an object.")
    var json = false

    func run() async throws {
        let difference = try await reportingErrors {
            PolicyDifference(
                from: try PolicyCompiler.compile(path: old).policy,
                to: try PolicyCompiler.compile(path: new).policy
            )
        }
        print(json ? try jsonText(difference, .prettyPrinted) : "\(difference)")
        if exitCode, !difference.changes.isEmpty { throw ExitCode(1) }
    }
}

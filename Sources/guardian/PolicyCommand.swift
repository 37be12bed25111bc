import ArgumentParser
import Foundation
import Gateway
import Policy
import PolicyLanguage

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Check a policy file, try it on texts, or read what it does.",
        subcommands: [
            Check.self, PolicyExplainCommand.self, PolicyTestCommand.self, PolicyDiffCommand.self,
            PolicyReplayCommand.self, PolicySchemaCommand.self,
        ]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Report every error of a policy file, and run its rules' own tests."
        )

        @Argument(help: "The policy file.")
        var file: String

        @Flag(help: "Print an object with the diagnostics.")
        var json = false

        func run() async throws {
            try await reportingErrors {
                if json {
                    try printDiagnostics()
                } else {
                    let (policy, _) = try PolicyCompiler.compile(path: file)
                    let tests = policy.rules.map(\.tests.count).reduce(0, +)
                    try output("\(file): valid (\(policy.name), \(policy.rules.count) rules, \(tests) tests passed)")
                }
            }
        }

        /// The errors of the file; if it has none, what its rules' own tests say.
        private func printDiagnostics() throws {
            var report = Report(valid: true)
            var status: ExitCode?
            do {
                // Once: what comes through a pipe can be read no second time.
                let policy = try PolicyCompiler.loader.load(path: file)
                _ = try PolicyCompiler.compile(policy, file: file)
            } catch let error as PolicyError {
                report = Report(valid: false, diagnostics: error.diagnostics)
                status = ExitStatus.of(error)
            } catch let error as GatewayError {
                report = Report(valid: false, failures: error.description.split(separator: "\n").map(String.init))
                status = ExitStatus.of(error)
            }
            try output(jsonText(report))
            if let status { throw status }
        }

        private struct Report: Encodable {
            var valid: Bool
            var diagnostics: [PolicyDiagnostic] = []
            /// Rules that cannot be compiled, or whose own tests fail.
            var failures: [String] = []
        }
    }
}

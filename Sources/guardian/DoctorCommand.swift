import ArgumentParser
import Gateway
import Logging
import PolicyLanguage

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check everything that the gateway needs, and say what is wrong.",
        discussion: """
            Looks at the processor, memory, policy, model, certificates, audit place, addresses and the upstream; changes nothing. \
            Run it as the user that the gateway runs as. A variable that is not set here is a warning, for the gateway's service may \
            have it. The exit status is 1 if something keeps the gateway from serving.
            """
    )

    @Option(help: "The configuration file.")
    var config: String

    @Flag(help: "Send no request to the upstream, other engines and collectors.")
    var offline = false

    @Flag(help: "Print a JSON object.")
    var json = false

    private struct Report: Encodable {
        var verdict: CheckResult.Verdict
        var checks: [CheckResult]
    }

    func run() async throws {
        let results = await results()
        let report = Report(verdict: results.map(\.verdict).max() ?? .ok, checks: results)
        try output(json ? jsonText(report) : Self.text(results))
        if report.verdict == .failure { throw ExitCode(1) }
    }

    private func results() async -> [CheckResult] {
        let read: (configuration: GatewayConfiguration, unsetVariables: [String])
        do throws(PolicyError) {
            read = try GatewayConfiguration.inspect(path: config)
        } catch {
            return [.failure("configuration", "\(error)")]
        }
        let doctor = Doctor(
            read.configuration,
            unsetVariables: read.unsetVariables,
            machine: .current(),
            logger: bootstrapLogging()
        )
        return [.ok("configuration", "\(config) is valid")] + (await doctor.examine(asksUpstream: !offline))
    }

    /// A line a check, what to do below it.
    private static func text(_ results: [CheckResult]) -> String {
        let width = results.map(\.subject.count).max() ?? 0
        var lines = results.flatMap { result in
            let subject = result.subject + String(repeating: " ", count: width - result.subject.count)
            let head = "\(result.verdict.mark) \(subject)  \(result.found)"
            return [head] + (result.advice.map { [String(repeating: " ", count: width + 9) + $0] } ?? [])
        }
        let (failures, warnings) = (count(.failure, results), count(.warning, results))
        lines.append(failures + warnings == 0 ? "Nothing is wrong." : "\(failures) failures, \(warnings) warnings.")
        return lines.joined(separator: "\n")
    }

    private static func count(_ verdict: CheckResult.Verdict, _ results: [CheckResult]) -> Int {
        results.filter { $0.verdict == verdict }.count
    }
}

extension CheckResult.Verdict {
    fileprivate var mark: String {
        switch self {
        case .ok: "ok     "
        case .warning: "warning"
        case .failure: "FAILURE"
        }
    }
}

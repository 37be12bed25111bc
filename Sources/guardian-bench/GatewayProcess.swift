import ArgumentParser
import Gateway
import Logging

/// A gateway in a process of its own; `proxy` starts it and ends it.
struct GatewayProcess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Runs a gateway until the process is ended.",
        shouldDisplay: false
    )

    @Option(help: "The configuration file.")
    var config: String

    func run() async throws {
        let logger = Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() }
        let gateway = try await Gateway(.load(path: config), logger: logger)
        _ = try await gateway.start()
        try await Task.sleep(for: .seconds(86_400))
        await gateway.shutdown()
    }
}

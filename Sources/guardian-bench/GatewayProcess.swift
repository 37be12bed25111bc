import ArgumentParser
import Foundation
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

    /// Starts this program as a gateway, and waits until it listens.
    ///
    /// - Parameters:
    ///   - log: where its output goes.
    ///   - port: where the configuration has it listen.
    static func launch(configuration: URL, log: URL, port: Int) async throws -> ChildProcess {
        guard let path = Bundle.main.executableURL?.path else {
            throw ChildProcess.Failure(description: "the benchmark does not know its own path")
        }
        let process = try ChildProcess(path, ["gateway", "--config", configuration.path], log: log)
        try await process.await(port: port)
        return process
    }

    func run() async throws {
        let logger = Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() }
        let gateway = try await Gateway(.load(path: config), logger: logger)
        _ = try await gateway.start()
        await Self.termination()
        // Finishes what is under way, and writes what waits to be written.
        await gateway.shutdown()
    }

    /// Returns once the process is told to end.
    private static func termination() async {
        signal(SIGTERM, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
        await withCheckedContinuation { continuation in
            source.setEventHandler {
                source.cancel()
                continuation.resume()
            }
            source.activate()
        }
    }
}

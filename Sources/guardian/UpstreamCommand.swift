import ArgumentParser
import Gateway
import Logging

struct UpstreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upstream",
        abstract: "Serve the unmodified language model behind an OpenAI-compatible endpoint, for trying the gateway."
    )

    @Option(help: "Where to listen, host:port.")
    var listen = "127.0.0.1:8081"

    @Option(help: "The model, a packed file.")
    var model = ModelPaths.plain

    @Option(help: "Compute threads.")
    var threads = ModelThreads.standard

    func run() async throws {
        guard let address = GatewayConfiguration.Address(listen) else {
            throw ValidationError("--listen must be host:port, for example 127.0.0.1:8081")
        }
        let signals = ServerSignal.stream()
        let logger = bootstrapLogging()
        try await reportingErrors {
            let server = try await DemoUpstream(model: model, address: address, threads: threads.count, logger: logger)
            let port = try await server.start()
            logger.info("Ready", metadata: ["address": "\(address.host):\(port)"])
            for await signal in signals where signal == .stop { break }
            try await server.shutdown()
        }
    }
}

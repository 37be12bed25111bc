import ArgumentParser
import Foundation
import Gateway
import Listening
import Logging
import PolicyLanguage

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the gateway.",
        discussion:
            "SIGTERM finishes what is under way and ends; SIGHUP reads the policy, the callers' keys and the certificates again, and opens the audit file again if it was moved."
    )

    @Option(help: "The configuration file.")
    var config: String

    @Option(help: "A policy file to use instead of the configuration's.")
    var policy: String?

    @Option(
        name: .customLong("tls-key-log"),
        help:
            "A file to write the secrets of clients' TLS connections to, to read what was recorded of them. Never in production."
    )
    var keyLog: String?

    func run() async throws {
        CoreDumps.turnOff()
        let signals = ServerSignal.stream()
        let logger = bootstrapLogging()
        let supervisor = Supervisor(environment: ProcessInfo.processInfo.environment)
        try await reportingErrors {
            var configuration = try GatewayConfiguration.load(path: config)
            if let policy { configuration.policy = AbsolutePath.make(policy) }
            if let keyLog { configuration.tls?.keyLog = AbsolutePath.make(keyLog) }
            if configuration.tls == nil {
                logger.warning("TLS is off: whoever is on the network reads every prompt")
            }
            let gateway = try await Gateway(configuration, logger: logger)
            let addresses = try await gateway.start()
            logger.info(
                "Ready",
                metadata: [
                    "gateway": "\(addresses.gateway)", "admin": "\(addresses.admin)",
                    "upstream": "\(configuration.upstream.servers.map(\.text).joined(separator: ", "))",
                    "policy": "\(configuration.policy)",
                ]
            )
            supervisor?.tell(.ready)
            let watchdog = supervisor.flatMap { Self.watchdog($0, gateway) }
            for await signal in signals {
                if signal == .stop { break }
                supervisor?.tell(.reloading)
                defer { supervisor?.tell(.ready) }
                gateway.reopenAudit()
                do {
                    try gateway.reloadPolicy()
                } catch {
                    logger.error(
                        "A policy was not reloaded; what was read before stays",
                        metadata: ["error": "\(error)"]
                    )
                }
                do {
                    try gateway.reloadKeys()
                } catch {
                    logger.error(
                        "The callers' keys were not reloaded; those in force stay",
                        metadata: ["error": "\(error)"]
                    )
                }
                do {
                    try gateway.reloadCertificates()
                } catch {
                    logger.error(
                        "The certificates were not reloaded; those in force stay",
                        metadata: ["error": "\(error)"]
                    )
                }
            }
            logger.info("Stopping")
            supervisor?.tell(.stopping)
            await gateway.shutdown()
            watchdog?.cancel()
        }
    }

    /// Tells the service manager, twice in its interval, that connections are still being served: as long as every event loop
    /// answers. Nil if it does not watch.
    private static func watchdog(_ supervisor: Supervisor, _ gateway: Gateway) -> Task<Void, Never>? {
        supervisor.watchdog.map { interval in
            Task {
                repeat {
                    await gateway.pulse()
                    supervisor.tell(.alive)
                } while (try? await Task.sleep(for: interval / 2)) != nil
            }
        }
    }
}

extension GatewayConfiguration.UpstreamAPI.Server {
    /// As a URL, for the log.
    fileprivate var text: String { socketPath.map { "unix:\($0)" } ?? "\(scheme)://\(host):\(port)" }
}

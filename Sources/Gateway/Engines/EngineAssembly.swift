import Engines
import GuardCore
import GuardianModel
import Logging
import NIOCore

/// The engines of a configuration, put together: what judges, and the servers behind it.
struct EngineAssembly: Sendable {
    /// What texts are judged by.
    let classifier: any SafetyClassifier
    /// The servers of the remote engines that are in use.
    let servers: [EngineServers]
    /// Whether the embedded engine has a say.
    let usesEmbedded: Bool

    /// - Throws: `GatewayError` if a file of certificates cannot be used.
    static func make(
        _ configuration: GatewayConfiguration,
        embedded: GuardianEngine,
        metrics: GatewayMetrics,
        eventLoop: any EventLoop,
        logger: Logger
    ) async throws -> EngineAssembly {
        var members: [EngineEnsemble.Member] = []
        var servers: [EngineServers] = []
        let voices = configuration.judge.voices
        for voice in voices {
            let name = voice.name
            let engine: any SafetyClassifier
            if name == GatewayConfiguration.Judge.embedded {
                engine = embedded
            } else if let remote = configuration.engines.first(where: { $0.name == name }) {
                let made = try await EngineServers.make(remote, eventLoop: eventLoop, logger: logger) {
                    metrics.countHedge(name, $0)
                } onReload: {
                    metrics.countReload(.engineCertificates, $0)
                }
                servers.append(made)
                engine = RemoteEngine(remote.settings, server: made)
            } else {
                throw GatewayError(.configuration, "judge names the engine \(name), and there is none")
            }
            let measured = MeasuredEngine(engine) { metrics.countEngine(name, $0, $1) }
            members.append(.init(measured, weight: Double(voice.weight)))
        }
        let usesEmbedded = voices.contains { $0.name == GatewayConfiguration.Judge.embedded }
        guard members.count > 1 else {
            // Alone, the embedded engine has metrics of its own.
            let only = usesEmbedded ? embedded : members.first?.engine
            return EngineAssembly(classifier: only ?? embedded, servers: servers, usesEmbedded: usesEmbedded)
        }
        let ensemble = EngineEnsemble(members, rule: configuration.judge.rule)
        return EngineAssembly(classifier: ensemble, servers: servers, usesEmbedded: usesEmbedded)
    }

    func start() {
        for server in servers { server.start() }
    }

    func shutDown() {
        for server in servers { server.shutDown() }
    }
}

import Audit
import Upstream

/// How the servers of the remote engines are.
struct EngineGauges: Sendable {
    private let servers: Gauge

    init(_ registry: Metrics) {
        servers = registry.gauge(
            "guardian_engine_server",
            help: "1 for the condition that each server of a remote engine is in, 0 for the others: up, "
                + "ejected, down.",
            labels: ["engine", "server", "condition"]
        )
    }

    func update(_ engines: [EngineServers]) {
        for engine in engines {
            for (index, server) in engine.servers.servers.enumerated() {
                let now = engine.servers.board.condition(of: index)
                for condition in HealthBoard.Condition.allCases {
                    servers.set(
                        condition == now ? 1 : 0,
                        [engine.name, server.peer.name, condition.rawValue]
                    )
                }
            }
        }
    }
}

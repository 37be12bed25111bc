import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import TLS

/// What guarding costs: added time to the first token of a stream and to each, and requests a second with and without records.
struct GuardBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract:
            "Added time to first token and per token of guarded streams, and what audit, metrics and traces cost.",
        discussion: """
            An origin in this process writes a token every so often. Clients in this process read its streams in turn directly, and \
            over TLS through a gateway that passes them on (its share is 'proxy'), one with the rules of a policy ('rules') and one with \
            its model too ('model'); 'added' is the last against the first. 'ttft' is the time to the first token, 'token' how long each \
            was on its way from the origin, the hold-back of the stream's window included. Names end with the percentile and the number of \
            streams at once. Load, origin and gateway share the machine.
            Then whole answers, judged by rules alone and ('model') by the model too: 'rps' a second, 'cpu' the gateway's own \
            processor time for each, with records ('audit'), spans ('traces'), and both while the metrics are read ('observed'). \
            'cost' is what of the throughput is lost, to the collector too, which runs in this process; 'cpu_cost' what of its \
            processor time the gateway spends on it.
            """
    )

    @OptionGroup var packed: PackedOption

    @Option(help: "The policy.")
    var policy = "Policies/default.yaml"

    @Option(help: "What the gateway's model may take for texts that are read (`model.memory`).")
    var memory = "256MiB"

    @Option(help: "Streams of each way at each number of streams at once, at least.")
    var samples = 32

    @Option(help: "Tokens of a stream.")
    var tokens = 60

    @Option(help: "Milliseconds from one token to the next.")
    var pace = 20

    @Option(help: "Numbers of streams at once.")
    var streams = [1, 8, 32]

    @Option(help: "Seconds of load in each measurement of requests a second.")
    var seconds = 4

    @Option(help: "Rounds of these.")
    var rounds = 3

    @Flag(help: "Leaves the streams out.")
    var ratesOnly = false

    @Flag(help: "One JSON line a figure.")
    var json = false

    func validate() throws {
        if samples < 1 || tokens < 2 || pace < 1 || seconds < 1 || rounds < 1 || streams.contains(where: { $0 < 1 }) {
            throw ValidationError("the options are counts from 1 on, and a stream has two tokens at least")
        }
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "guardian-bench-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let clock = TokenClock()
        let origin = try await StreamOrigin.start(
            group.next(),
            clock: clock,
            pace: .milliseconds(Int64(pace))
        )
        let gateways = try BenchGateways(
            folder: folder,
            origin: origin.port,
            policy: policy,
            model: packed.model,
            threads: packed.threads,
            memory: memory
        )
        let clients = group.next()
        if !ratesOnly { try await measureStreams(gateways, origin, clock, clients) }
        try await measureRates(gateways, clients, .rules, prefix: "")
        try await measureRates(gateways, clients, .model, prefix: "model_")
        try await origin.stop()
        try await group.shutdownGracefully()
    }

    // MARK: Streams

    private func measureStreams(
        _ gateways: BenchGateways,
        _ origin: StreamOrigin,
        _ clock: TokenClock,
        _ clients: any EventLoop
    ) async throws {
        var running: [BenchGateways.Running] = []
        defer { for gateway in running { gateway.process.stop() } }
        let tls = try gateways.clientContext()
        var ways: [(name: String, port: Int, tls: TLSContext?)] = [("direct", origin.port, nil)]
        for guards in BenchGateways.Guards.allCases {
            let gateway = try await gateways.start(guards.rawValue, guards)
            running.append(gateway)
            ways.append((guards.rawValue, gateway.port, tls))
        }
        var texts = StreamTexts()
        for count in streams {
            var trials: [String: StreamTrial] = [:]
            for way in ways {
                trials[way.name] = StreamTrial(clients, port: way.port, tls: way.tls, streams: count)
            }
            // A first round warms what can be warm.
            for round in 0...((samples + count - 1) / count) {
                for way in ways {
                    guard let trial = trials[way.name] else { continue }
                    let measured = try await trial.run(clock, &texts, tokens: tokens)
                    if round > 0 { trials[way.name]?.keep(measured) }
                }
            }
            for kind in StreamTrial.Kind.allCases {
                for (share, percentile) in [(0.5, "p50"), (0.99, "p99")] {
                    let times = ways.compactMap { trials[$0.name]?.time(kind, share) }
                    guard times.count == 4 else { continue }
                    let parts = [
                        ("added", times[3] - times[0]), ("proxy", times[1] - times[0]),
                        ("rules", times[2] - times[1]), ("model", times[3] - times[2]),
                    ]
                    for (part, milliseconds) in parts {
                        var figure = Figure(
                            "guard.\(kind.rawValue)_\(part)_\(percentile)_\(count)",
                            unit: "ms",
                            [milliseconds]
                        )
                        figure.samples = trials["model"]?.count(kind) ?? 0
                        print(try figure.line(json: json))
                    }
                }
            }
        }
    }

    // MARK: Requests a second

    private static let ways: [(name: String, observation: BenchGateways.Observation)] = [
        ("quiet", .init()), ("audit", .init(isAudited: true)), ("traces", .init(isTraced: true)),
        ("observed", .init(isAudited: true, isTraced: true)),
    ]

    /// Whole answers: with records, with spans, with both while the metrics are read every second, and without.
    private func measureRates(
        _ gateways: BenchGateways,
        _ clients: any EventLoop,
        _ guards: BenchGateways.Guards,
        prefix: String
    ) async throws {
        var running: [(name: String, gateway: BenchGateways.Running)] = []
        defer { for (_, gateway) in running { gateway.process.stop() } }
        for way in Self.ways {
            running.append((way.name, try await gateways.start("rate-\(prefix)\(way.name)", guards, way.observation)))
        }
        let tls = try gateways.clientContext()
        var series = Series()
        for round in 0...rounds {
            // Now from one end, now from the other, so that what changes meanwhile meets all alike.
            for (name, gateway) in round.isMultiple(of: 2) ? running : running.reversed() {
                let metrics = MetricsReader(group: clients, port: gateway.admin)
                let reader = Task {
                    while name == "observed", !Task.isCancelled {
                        _ = try await metrics.read()
                        try? await Task.sleep(for: .seconds(1))
                    }
                }
                let trial = RateTrial(port: gateway.port, tls: tls, connections: 32, first: 2 + round * 1_000_000)
                let before = ProcessUse(of: gateway.process.identifier)
                let result = try await trial.run(clients, seconds: round == 0 ? 1 : seconds)
                let after = ProcessUse(of: gateway.process.identifier)
                reader.cancel()
                try await reader.value
                guard round > 0 else { continue }
                series.add("guard.\(prefix)rps_\(name)", "1/s", result.rate)
                if let before, let after {
                    let cost = (after.processor - before.processor) / Double(result.answers) * 1e6
                    series.add("guard.\(prefix)cpu_\(name)", "us", cost, higherIsBetter: false)
                }
            }
        }
        for figure in series.all() { print(try figure.line(json: json)) }
        for way in Self.ways.dropFirst() {
            let rates = zip(series["guard.\(prefix)rps_\(way.name)"], series["guard.\(prefix)rps_quiet"])
            let cost = rates.map { 100 * (1 - $0 / $1) }
            print(try Figure("guard.\(prefix)cost_\(way.name)", unit: "%", cost).line(json: json))
            let times = zip(series["guard.\(prefix)cpu_\(way.name)"], series["guard.\(prefix)cpu_quiet"])
            let own = times.map { 100 * ($0 / $1 - 1) }
            guard !own.isEmpty else { continue }
            print(try Figure("guard.\(prefix)cpu_cost_\(way.name)", unit: "%", own).line(json: json))
        }
    }
}

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
            processor time the gateway spends on it. Both are medians of rounds, each with processes of its own; a process differs \
            from its like by some 5 %, so a few rounds show no cost of a few per cent. \
            'model_cpu_share' is what records and spans cost of processor time by rules alone, as a share of what a request costs with \
            the model.
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

    @Option(help: "Rounds of two of these each, every round with processes of its own.")
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
        let rules = try await measureRates(gateways, clients, .rules, prefix: "")
        let model = try await measureRates(gateways, clients, .model, prefix: "model_")
        for way in Self.ways.dropFirst() {
            // With the model in the path a request takes so long that what records cost is lost in how processes differ. It is the
            // same work as by rules alone, where it can be seen.
            let costs = zip(rules["guard.cpu_\(way.name)"], rules["guard.cpu_quiet"]).map { $0 - $1 }
            let whole = Figure("", unit: "us", model["guard.model_cpu_quiet"]).median
            guard !costs.isEmpty, whole > 0 else { continue }
            let shares = costs.map { 100 * $0 / whole }
            print(try Figure("guard.model_cpu_share_\(way.name)", unit: "%", shares).line(json: json))
        }
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

    /// Whole answers: with records, with spans, with both while the metrics are read every second, and without. A process is some
    /// per cent faster or slower than its like for as long as it lives, wherever its memory came to lie, so each round starts the
    /// gateways anew, each time another one first, and the costs are of the rounds.
    private func measureRates(
        _ gateways: BenchGateways,
        _ clients: any EventLoop,
        _ guards: BenchGateways.Guards,
        prefix: String
    ) async throws -> Series {
        let tls = try gateways.clientContext()
        var series = Series()
        for round in 0..<rounds {
            let first = round % Self.ways.count
            let turned = Array(Self.ways[first...] + Self.ways[..<first])
            let ways = (round / Self.ways.count).isMultiple(of: 2) ? turned : turned.reversed()
            var running: [(name: String, gateway: BenchGateways.Running)] = []
            defer { for (_, gateway) in running { gateway.process.stop() } }
            for way in ways {
                let gateway = try await gateways.start("rate-\(prefix)\(way.name)", guards, way.observation)
                running.append((way.name, gateway))
            }
            var sums: [String: RateSum] = [:]
            // There and back, so that what changes meanwhile meets all alike, after a second that warms each.
            for (pass, order) in [running, running, running.reversed()].enumerated() {
                for (name, gateway) in order {
                    let measured = try await rate(
                        of: gateway,
                        tls,
                        clients,
                        first: 2 + pass * 1_000_000,
                        seconds: pass == 0 ? 1 : seconds,
                        readsMetrics: name == "observed"
                    )
                    if pass > 0 { sums[name, default: RateSum()].add(measured) }
                }
            }
            for way in Self.ways {
                guard let sum = sums[way.name] else { continue }
                series.add("guard.\(prefix)rps_\(way.name)", "1/s", sum.rate)
                if let cost = sum.processorTime {
                    series.add("guard.\(prefix)cpu_\(way.name)", "us", cost * 1e6, higherIsBetter: false)
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
        return series
    }

    /// Load for some seconds, and the gateway's processor time meanwhile.
    private func rate(
        of gateway: BenchGateways.Running,
        _ tls: TLSContext,
        _ clients: any EventLoop,
        first: Int,
        seconds: Int,
        readsMetrics: Bool
    ) async throws -> RateSum {
        let metrics = MetricsReader(group: clients, port: gateway.admin)
        let reader = Task {
            while readsMetrics, !Task.isCancelled {
                _ = try await metrics.read()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        let trial = RateTrial(port: gateway.port, tls: tls, connections: 32, first: first)
        let before = ProcessUse(of: gateway.process.identifier)
        let result = try await trial.run(clients, seconds: seconds)
        let after = ProcessUse(of: gateway.process.identifier)
        reader.cancel()
        try await reader.value
        var sum = RateSum(answers: result.answers, seconds: result.seconds)
        if let before, let after { sum.processorSeconds = after.processor - before.processor }
        return sum
    }
}

/// What was answered in some time, and the processor time it took.
private struct RateSum {
    var answers = 0
    var seconds = 0.0
    /// Zero where the system does not tell.
    var processorSeconds = 0.0

    mutating func add(_ other: RateSum) {
        answers += other.answers
        seconds += other.seconds
        processorSeconds += other.processorSeconds
    }

    /// Answers a second.
    var rate: Double { Double(answers) / seconds }

    /// Seconds an answer.
    var processorTime: Double? { processorSeconds > 0 ? processorSeconds / Double(answers) : nil }
}

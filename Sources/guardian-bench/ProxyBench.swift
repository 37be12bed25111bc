import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import TLS

/// The gateway as a proxy, beside nginx and HAProxy.
struct ProxyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "What the gateway costs as a proxy, beside nginx and HAProxy in the same rounds.",
        discussion: """
            The same small question over TLS to each in turn: the origin alone, nginx, HAProxy, the gateway on a path that it passes \
            on unread ('proxy.rps'), and on one whose requests and answers it reads by the rules of a policy ('proxy.rps_rules'). \
            Then what each adds at half of the gateway's load, streams of server-sent events, handshakes, and memory for idle \
            connections. The load, the origin and the contender share the machine, so only what was measured in the same \
            run says anything. Needs nginx and wrk; with haproxy and h2load (nghttp2-client) there is more.
            """
    )

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case rps, latency, events, handshakes, idle
    }

    @OptionGroup var packed: PackedOption

    @Option(help: "The policy whose rules are used.")
    var policy = "Policies/default.yaml"

    @Option(help: "Rounds: samples of each figure.")
    var samples = 3

    @Option(help: "Seconds of load in each measurement.")
    var seconds = 5

    @Option(help: "Connections of the load.")
    var connections = 64

    @Option(help: "Streams of events at a time.")
    var streams = 500

    @Option(help: "Events of each stream.")
    var events = 200

    @Option(help: "Idle connections.")
    var idle = 10_000

    @Option(help: "What is measured; may be given several times.")
    var only: [Part] = []

    @Flag(help: "One JSON line a figure.")
    var json = false

    func validate() throws {
        if [samples, seconds, connections, streams, events, idle].contains(where: { $0 < 1 }) {
            throw ValidationError("--samples, --seconds and all other numbers are counts from 1 on")
        }
    }

    static let question =
        #"{"model":"m","messages":[{"role":"user","content":"How do I keep bread fresh for longer than a day?"}]}"#

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "guardian-bench-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let parts = only.isEmpty ? Part.allCases : only
        let contenders = try ProxyContenders(folder: folder, threads: packed.threads)
        if parts.contains(where: { $0 != .events }) { try await measureRequests(parts, folder, contenders) }
        if parts.contains(.events) { try await measureEvents(contenders) }
    }

    /// Everything whose answers are short.
    private func measureRequests(_ parts: [Part], _ folder: URL, _ contenders: ProxyContenders) async throws {
        var running: [ProxyContender] = []
        defer { for contender in running { contender.process?.stop() } }
        let load = try LoadGenerator(folder: folder, body: Self.question, seconds: seconds)
        let (origin, port) = try await contenders.origin(answer: EventOrigin.answer)
        running.append(origin)
        let nginx = try await contenders.nginx(forwardingTo: port)
        running.append(nginx)
        let haproxy = try await contenders.haproxy(forwardingTo: port)
        if let haproxy { running.append(haproxy) }
        let gateway = try await contenders.gateway(forwardingTo: port, policy: policy, model: packed.model)
        running.append(gateway)

        let judged = "/v1/chat/completions"
        let routes =
            [
                ProxyRoute(suffix: "_origin", contender: origin, path: judged),
                ProxyRoute(suffix: "_nginx", contender: nginx, path: judged),
                ProxyRoute(suffix: "", contender: gateway, path: "/unread"),
                ProxyRoute(suffix: "_rules", contender: gateway, path: judged),
            ] + [haproxy].compactMap { $0 }.map { ProxyRoute(suffix: "_haproxy", contender: $0, path: judged) }
        let proxies = [routes[2], routes[1]] + routes.dropFirst(4)
        let report = ProxyReport(json: json, peers: haproxy == nil ? ["nginx"] : ["nginx", "haproxy"])
        let trial = ProxyTrial(load: load, connections: connections)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let caller = try TLSCaller(group: group, authority: contenders.certificates.authority)
        let steady = SteadyLoad(caller: caller, connections: connections, seconds: seconds)
        if parts.contains(.rps) || parts.contains(.latency) {
            var series = Series()
            // A first round opens what is kept open and warms what can be warm.
            for round in 0...samples {
                if round == 1 { series = Series() }
                for route in routes { try trial.measure(route, into: &series) }
                if parts.contains(.latency), let unread = series["proxy.rps"].last {
                    for route in routes {
                        // What is read is more work: half of that load is another.
                        let rate = route.suffix == "_rules" ? series["proxy.rps_rules"].last ?? unread : unread
                        try await trial.measureLatency(route, steady, rate: rate / 2, into: &series)
                    }
                }
            }
            try report.print(series)
        }
        if parts.contains(.handshakes) {
            var series = Series()
            let load = HandshakeLoad(caller: caller, concurrency: 16, seconds: seconds)
            for _ in 0..<samples {
                for route in proxies { try await trial.measureHandshakes(route, load, into: &series) }
            }
            try report.print(series)
        }
        if parts.contains(.idle) {
            var series = Series()
            let load = IdleLoad(caller: caller, connections: idle)
            for route in proxies { try await trial.measureIdle(route, load, into: &series) }
            try report.print(series)
        }
        try await group.shutdownGracefully()
    }

    /// Streams, from an origin within this process.
    private func measureEvents(_ contenders: ProxyContenders) async throws {
        var running: [ProxyContender] = []
        defer { for contender in running { contender.process?.stop() } }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let origin = try await EventOrigin.start(on: group)
        let nginx = try await contenders.nginx(forwardingTo: origin.port, buffers: false)
        running.append(nginx)
        let haproxy = try await contenders.haproxy(forwardingTo: origin.port)
        if let haproxy { running.append(haproxy) }
        let gateway = try await contenders.gateway(forwardingTo: origin.port, policy: policy, model: packed.model)
        running.append(gateway)

        let caller = try TLSCaller(group: group, authority: contenders.certificates.authority)
        let load = EventStreamLoad(caller: caller, streams: streams, events: events)
        var series = Series()
        for _ in 0..<samples {
            let others = [haproxy].compactMap { $0 }.map { ("_haproxy", $0) }
            for (suffix, contender) in [("", gateway), ("_nginx", nginx)] + others {
                let result = try await load.run(port: contender.port)
                series.add("proxy.events\(suffix)", "1/s", result.rate)
                series.add("proxy.events_broken\(suffix)", "streams", Double(result.broken), higherIsBetter: false)
            }
        }
        try ProxyReport(json: json, peers: haproxy == nil ? ["nginx"] : ["nginx", "haproxy"]).print(series)
        try await origin.stop()
        try await group.shutdownGracefully()
    }
}

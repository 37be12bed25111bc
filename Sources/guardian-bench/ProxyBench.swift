import ArgumentParser
import Foundation

/// The gateway as a proxy, beside nginx and HAProxy.
struct ProxyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Requests a second and added latency, beside nginx and HAProxy in the same rounds.",
        discussion: """
            The same small question over TLS to each in turn: the origin alone, nginx, HAProxy, the gateway on a path that it passes \
            on unread ('proxy.rps'), and on one whose requests and answers it reads by the rules of a policy ('proxy.rps_rules'). The \
            load, the origin and the contender share the machine, so only the ratios of a run say anything. Needs nginx \
            and wrk; with haproxy and h2load (nghttp2-client) there is more.
            """
    )

    @OptionGroup var packed: PackedOption

    @Option(help: "The policy whose rules are used.")
    var policy = "Policies/default.yaml"

    @Option(help: "Rounds: samples of each figure.")
    var samples = 3

    @Option(help: "Seconds of load in each measurement.")
    var seconds = 5

    @Option(help: "Connections of the load.")
    var connections = 64

    @Flag(help: "One JSON line a figure.")
    var json = false

    func validate() throws {
        if samples < 1 || seconds < 1 || connections < 1 {
            throw ValidationError("--samples, --seconds and --connections are counts from 1 on")
        }
    }

    private static let question =
        #"{"model":"m","messages":[{"role":"user","content":"How do I keep bread fresh for longer than a day?"}]}"#
    private static let answer =
        #"{"id":"c","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"message":"#
        + #"{"role":"assistant","content":"Keep it in a box of wood, cut side down."},"finish_reason":"stop"}]}"#

    /// A way through a contender.
    private struct Route {
        /// What is put behind the names of its figures.
        var suffix: String
        var url: String
    }

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "guardian-bench-\(UUID().uuidString)"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var running: [ProxyContender] = []
        defer { for contender in running { contender.process?.stop() } }

        let load = try LoadGenerator(folder: folder, body: Self.question, seconds: seconds)
        let contenders = try ProxyContenders(folder: folder, threads: packed.threads)
        let (origin, port) = try await contenders.origin(answer: Self.answer)
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
                Route(suffix: "_origin", url: origin.url + judged), Route(suffix: "_nginx", url: nginx.url + judged),
                Route(suffix: "", url: gateway.url + "/unread"), Route(suffix: "_rules", url: gateway.url + judged),
            ] + [haproxy].compactMap { $0 }.map { Route(suffix: "_haproxy", url: $0.url + judged) }
        var series = Series()
        // A first round opens what is kept open and warms what can be warm.
        for round in 0...samples {
            if round == 1 { series = Series() }
            for route in routes { try measure(route, load, into: &series) }
        }
        try report(series, hasPeer: haproxy != nil)
    }

    private func measure(_ route: Route, _ load: LoadGenerator, into series: inout Series) throws {
        let many = try load.http1(route.url, connections: connections)
        series.add("proxy.rps\(route.suffix)", "1/s", many.rate)
        let one = try load.http1(route.url, connections: 1)
        if let p50 = one.p50 { series.add("proxy.p50\(route.suffix)", "ms", p50, higherIsBetter: false) }
        if let p99 = one.p99 { series.add("proxy.p99\(route.suffix)", "ms", p99, higherIsBetter: false) }
        if let http2 = try load.http2(route.url, connections: 8, streams: 16) {
            series.add("proxy.h2_rps\(route.suffix)", "1/s", http2.rate)
        }
    }

    /// Prints what was measured, and what follows from it round by round.
    private func report(_ series: Series, hasPeer: Bool) throws {
        for figure in series.all() { print(try figure.line(json: json)) }
        for peer in hasPeer ? ["nginx", "haproxy"] : ["nginx"] {
            for name in ["proxy.rps", "proxy.h2_rps"] {
                for ours in ["", "_rules"] {
                    let ratio = zip(series[name + ours], series["\(name)_\(peer)"]).map { $0 / $1 }
                    guard !ratio.isEmpty else { continue }
                    let figure = Figure("\(name)_ratio\(ours)_\(peer)", unit: "1", ratio, higherIsBetter: true)
                    print(try figure.line(json: json))
                }
            }
        }
        for name in ["proxy.p50", "proxy.p99"] {
            for way in ["", "_rules", "_nginx"] + (hasPeer ? ["_haproxy"] : []) {
                let added = zip(series[name + way], series["\(name)_origin"]).map { $0 - $1 }
                guard !added.isEmpty else { continue }
                print(try Figure("\(name)_added\(way)", unit: "ms", added).line(json: json))
            }
        }
    }
}

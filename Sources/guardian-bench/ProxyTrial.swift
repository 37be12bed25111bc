/// A way through a contender.
struct ProxyRoute {
    /// What is put behind the names of its figures.
    var suffix: String
    var contender: ProxyContender
    var path: String

    var url: String { contender.url + path }
}

/// Measures one way at a time.
struct ProxyTrial {
    let load: LoadGenerator
    let connections: Int

    /// Requests a second and what each costs, and the time of one at a time.
    func measure(_ route: ProxyRoute, into series: inout Series) throws {
        let before = use(of: route)
        let many = try load.http1(route.url, connections: connections)
        series.add("proxy.rps\(route.suffix)", "1/s", many.rate)
        if let before, let after = use(of: route) {
            let cost = (after.processor - before.processor) / (many.rate * Double(load.seconds)) * 1e6
            series.add("proxy.cpu\(route.suffix)", "us", cost, higherIsBetter: false)
        }
        let one = try load.http1(route.url, connections: 1)
        if let p50 = one.p50 { series.add("proxy.p50\(route.suffix)", "ms", p50, higherIsBetter: false) }
        if let p99 = one.p99 { series.add("proxy.p99\(route.suffix)", "ms", p99, higherIsBetter: false) }
        if let http2 = try load.http2(route.url, connections: 8, streams: 16) {
            series.add("proxy.h2_rps\(route.suffix)", "1/s", http2.rate)
        }
    }

    /// The time of requests that come at a steady rate.
    func measureLatency(
        _ route: ProxyRoute,
        _ steady: SteadyLoad,
        rate: Double,
        into series: inout Series
    ) async throws {
        let port = route.contender.port
        let times = try await steady.run(port: port, path: route.path, body: ProxyBench.question, rate: rate)
        func rank(_ share: Double) -> Double { times[max(0, Int((share * Double(times.count)).rounded(.up)) - 1)] }
        series.add("proxy.half_p50\(route.suffix)", "ms", rank(0.5), higherIsBetter: false)
        series.add("proxy.half_p99\(route.suffix)", "ms", rank(0.99), higherIsBetter: false)
    }

    func measureHandshakes(_ route: ProxyRoute, _ load: HandshakeLoad, into series: inout Series) async throws {
        let before = use(of: route)
        let (count, seconds) = try await load.run(port: route.contender.port)
        series.add("proxy.handshakes\(route.suffix)", "1/s", Double(count) / seconds)
        if let before, let after = use(of: route), count > 0 {
            let cost = (after.processor - before.processor) / Double(count) * 1e6
            series.add("proxy.handshake_cpu\(route.suffix)", "us", cost, higherIsBetter: false)
        }
    }

    /// Memory with idle connections. HAProxy has room for fewer: it opens two files for each that is in use.
    func measureIdle(_ route: ProxyRoute, _ load: IdleLoad, into series: inout Series) async throws {
        guard let process = route.contender.process?.identifier, route.contender.name != "haproxy",
            let result = try await load.run(port: route.contender.port, path: route.path, process: process)
        else { return }
        let megabyte = 1_000_000.0
        series.add("proxy.idle_rss\(route.suffix)", "MB", result.with.resident / megabyte, higherIsBetter: false)
        series.add("proxy.idle_anonymous\(route.suffix)", "MB", result.with.anonymous / megabyte, higherIsBetter: false)
        series.add(
            "proxy.idle_each\(route.suffix)",
            "kB",
            (result.with.resident - result.before.resident) / Double(load.connections) / 1000,
            higherIsBetter: false
        )
    }

    private func use(of route: ProxyRoute) -> ProcessUse? {
        route.contender.process.flatMap { ProcessUse(of: $0.identifier) }
    }
}

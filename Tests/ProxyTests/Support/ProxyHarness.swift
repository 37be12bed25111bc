import Listening
import Logging
import NIOCore
import NIOPosix
import TLS
import Upstream

@testable import Proxy

/// A proxy on a loopback port with an origin behind it.
struct ProxyHarness: Sendable {
    let group: MultiThreadedEventLoopGroup
    let origin: Origin
    let filter: ScriptedFilter
    let server: ProxyServer
    let port: Int
    let clientTLS: TLSContext?
    /// The file that the proxy listens at in place of the port.
    let path: String?

    /// Starts all of it, runs the body, and takes it down again.
    static func run(
        _ script: ScriptedFilter.Script = .init(),
        limits: ProxyLimits = .init(),
        timeouts: UpstreamTimeouts = .init(),
        upstreamLimits: UpstreamLimits = .init(),
        tls: (server: TLSContext, client: TLSContext)? = nil,
        hasUpstream: Bool = true,
        breaker: CircuitBreaker.Settings = .init(),
        http2: HTTP2Use = .never,
        originTLS: (server: TLSContext, client: TLSContext)? = nil,
        originSpeaksHTTP2: Bool = false,
        upstreamPort: Int? = nil,
        place: ProxyConfiguration.Listener.Place = .tcp(host: "127.0.0.1", port: 0),
        trustedPeers: TrustedPeers = .init(),
        trustedProxies: [IPNetwork] = [],
        threads: Int = 1,
        _ body: (ProxyHarness) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let origin = try await Origin.start(group, tls: originTLS?.server, isHTTP2: originSpeaksHTTP2)
        let filter = ScriptedFilter(script)
        let upstreamPort = upstreamPort ?? origin.port
        var upstream = UpstreamPeer.http(
            host: "127.0.0.1",
            port: upstreamPort,
            timeouts: timeouts,
            limits: upstreamLimits
        )
        if let originTLS {
            upstream = .https(
                host: "127.0.0.1",
                port: upstreamPort,
                tls: TLSContextSource(originTLS.client),
                timeouts: timeouts,
                limits: upstreamLimits
            )
        }
        upstream.http2 = http2
        let server = try await ProxyServer(
            configuration: .init(
                listeners: [
                    .init(
                        place,
                        tls: tls.map { TLSContextSource($0.server) },
                        trustedPeers: trustedPeers,
                        trustedProxies: trustedProxies
                    )
                ],
                limits: limits,
                upstream: hasUpstream ? UpstreamServers([.init(peer: upstream)], breaker: breaker) : nil
            ),
            filter: filter,
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let address = try await server.start()[0]
        let harness = ProxyHarness(
            group: group,
            origin: origin,
            filter: filter,
            server: server,
            port: address.port ?? 0,
            clientTLS: tls?.client,
            path: address.pathname
        )
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(harness))
        } catch {
            result = .failure(error)
        }
        await server.shutdown(deadline: .now() + .milliseconds(100))
        try? await origin.stop()
        try await group.shutdownGracefully()
        try result.get()
    }

    func connect(autoRead: Bool = true) async throws -> RawClient {
        try await RawClient.connect(
            to: self.port,
            path: self.path,
            group: self.group,
            tls: self.clientTLS,
            autoRead: autoRead
        )
    }
}

import Logging
import NIOCore
import NIOHTTP1
import TLS
import Testing
import Upstream

@testable import Proxy

/// The proxy with TLS in front of it and behind it.
@Suite(.timeLimit(.minutes(2))) struct TLSListenerTests {
    @Test func requestsOverTLSAreServedAndKeptAlive() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            let client = try await proxy.connect()
            for round in 1...3 {
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nn\(round)")
                try await client.wait { $0.hasSuffix("n\(round)") }
            }
            try await client.send("GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let text = try await client.readToEnd()
            #expect(text.contains("x-forwarded-proto: https"))
            #expect(proxy.origin.connections == 1)
        }
    }

    @Test func aLargeAnswerOverTLSArrivesWhole() async throws {
        let certificates = try TestCertificates()
        var script = ScriptedFilter.Script()
        script.begin = { _ in
            .reply(
                LocalReply(status: .ok, headers: [:], body: .bytes(ByteBuffer(repeating: 0x61, count: 4 << 20)))
            )
        }
        try await ProxyHarness.run(script, tls: (certificates.server, certificates.client)) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let text = try await client.readToEnd(30)
            #expect(text.utf8.count(where: { $0 == 0x61 }) >= 4 << 20)
        }
    }

    @Test func aClientThatGoesAwayOverTLSStopsTheUpstream() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.origin.requests.count == 1 })
            let closing = Task { try await client.close() }
            #expect(try await eventually { proxy.origin.closed == 1 })
            _ = await closing.result
        }
    }

    @Test func aRefusalOverTLSIsReadBeforeTheEnd() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(
            ScriptedFilter.inspecting(limit: 100),
            tls: (certificates.server, certificates.client)
        ) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func plainHTTPOnATLSListenerGetsNoAnswer() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            let client = try await RawClient.connect(to: proxy.port, group: proxy.group)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.readToEnd()
            #expect(!answer.contains("HTTP/1.1 200"))
            #expect(proxy.origin.requests.isEmpty)
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
        }
    }

    @Test(arguments: [false, true])
    func aClientThatLeavesWithoutAByteHasFailedNoHandshake(byReset: Bool) async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            let probe = try await RawClient.connect(to: proxy.port, group: proxy.group)
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 1 })
            if byReset { try await probe.reset() } else { try await probe.close() }
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
            #expect(proxy.server.metrics.handshakesFailed == 0)
            #expect(proxy.server.metrics.errors.isEmpty)
            let other = try await RawClient.connect(to: proxy.port, group: proxy.group)
            try await other.send([0x16])
            try await other.close()
            #expect(try await eventually { proxy.server.metrics.handshakesFailed == 1 })
        }
    }

    @Test func anUpstreamBehindTLSIsVerifiedAndReached() async throws {
        let certificates = try TestCertificates()
        // The second proxy is the first one's upstream: a TLS server whose behaviour is known.
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { inner in
            let peer = UpstreamPeer.https(
                host: "127.0.0.1",
                port: inner.port,
                tls: TLSContextSource(certificates.client)
            )
            try await Self.front(of: inner, peer) { port in
                let client = try await RawClient.connect(to: port, group: inner.group)
                for round in 1...2 {
                    try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                    try await client.wait { $0.components(of: "hello") == round }
                }
                #expect(inner.server.metrics.connectionsAccepted == 1)
            }
        }
    }

    @Test func anUpstreamWithACertificateNobodyTrustsIs502() async throws {
        let other = try TestCertificates()
        let certificates = try TestCertificates(clientTrusts: other)
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { inner in
            let peer = UpstreamPeer.https(
                host: "127.0.0.1",
                port: inner.port,
                tls: TLSContextSource(certificates.client)
            )
            try await Self.front(of: inner, peer) { port in
                let client = try await RawClient.connect(to: port, group: inner.group)
                try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                let text = try await client.wait { $0.contains("}}") }
                #expect(text.hasPrefix("HTTP/1.1 502"))
                #expect(text.contains("upstream_tls_failed"))
                #expect(inner.origin.requests.isEmpty)
            }
        }
    }

    @Test func anUpstreamUnderAnotherNameIs502() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { inner in
            let peer = UpstreamPeer.https(
                host: "127.0.0.1",
                port: inner.port,
                tls: TLSContextSource(certificates.client),
                serverName: "other.example"
            )
            try await Self.front(of: inner, peer) { port in
                let client = try await RawClient.connect(to: port, group: inner.group)
                try await client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                try await client.wait { $0.contains("upstream_tls_failed") }
            }
        }
    }

    @Test func aNewContextHoldsForTheNextConnectionToTheUpstream() async throws {
        let (other, certificates) = (try TestCertificates(), try TestCertificates())
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { inner in
            let source = TLSContextSource(other.client)
            let peer = UpstreamPeer.https(host: "127.0.0.1", port: inner.port, tls: source)
            try await Self.front(of: inner, peer) { port in
                let before = try await RawClient.connect(to: port, group: inner.group)
                try await before.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                try await before.wait { $0.contains("upstream_tls_failed") }
                source.replace(with: certificates.client)
                let after = try await RawClient.connect(to: port, group: inner.group)
                try await after.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
                try await after.wait { $0.hasPrefix("HTTP/1.1 200") && $0.contains("hello") }
            }
        }
    }

    /// A plain proxy whose upstream is given.
    private static func front(
        of inner: ProxyHarness,
        _ peer: UpstreamPeer,
        _ body: (Int) async throws -> Void
    ) async throws {
        let server = try await ProxyServer(
            configuration: .init(listeners: [.init(host: "127.0.0.1", port: 0)], upstream: UpstreamServers(peer)),
            filter: ScriptedFilter(),
            group: inner.group,
            logger: .init(label: "test")
        )
        let port = try #require(try await server.start().first?.port)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(port))
        } catch {
            result = .failure(error)
        }
        await server.shutdown(deadline: .now() + .milliseconds(100))
        try result.get()
    }
}

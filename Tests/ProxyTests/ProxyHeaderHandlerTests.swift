import Listening
import NIOCore
import Testing

@testable import Proxy

/// Connections that a trusted proxy passes on.
@Suite(.timeLimit(.minutes(2))) struct ProxyHeaderHandlerTests {
    private static let loopback = TrustedPeers([IPNetwork("127.0.0.0/8")].compactMap { $0 })
    private static let line = "PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n"
    private static let get = "GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test func `the upstream learns the client of the header`() async throws {
        try await ProxyHarness.run(trustedPeers: Self.loopback) { proxy in
            let answer = try await RawClient.exchange(Self.line + Self.get, with: proxy)
            #expect(answer.contains("x-forwarded-for: 192.0.2.7\n"))
            #expect(proxy.filter.clients.map { $0?.ipAddress } == ["192.0.2.7"])
        }
    }

    @Test func `a header in pieces is waited for`() async throws {
        try await ProxyHarness.run(trustedPeers: Self.loopback) { proxy in
            let client = try await proxy.connect()
            for byte in (Self.line + Self.get).utf8 { try await client.send([byte]) }
            #expect(try await client.readToEnd().contains("x-forwarded-for: 192.0.2.7\n"))
        }
    }

    @Test func `a binary header is read too, and one without a client leaves the peer's address`() async throws {
        let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
        try await ProxyHarness.run(trustedPeers: Self.loopback) { proxy in
            let binary = signature + [0x21, 0x11, 0, 12, 198, 51, 100, 9, 192, 0, 2, 2, 0, 80, 1, 0xbb]
            let client = try await proxy.connect()
            try await client.send(binary + Array(Self.get.utf8))
            #expect(try await client.readToEnd().contains("x-forwarded-for: 198.51.100.9\n"))
            let check = try await proxy.connect()
            try await check.send(signature + [0x20, 0, 0, 0] + Array(Self.get.utf8))
            #expect(try await check.readToEnd().contains("x-forwarded-for: 127.0.0.1\n"))
        }
    }

    @Test(
        arguments: [
            Self.get, "PROXY TCP4 nonsense\r\n" + Self.get, "PROXY UNKNOWN\n" + Self.get,
            "\u{16}\u{3}\u{1}",
        ]
    )
    func `a trusted peer without a right header is hung up on`(text: String) async throws {
        try await ProxyHarness.run(trustedPeers: Self.loopback) { proxy in
            let client = try await proxy.connect()
            try? await client.send(text)
            #expect(try await client.readToEnd().isEmpty)
            #expect(proxy.origin.requests.isEmpty)
            #expect(proxy.server.metrics.errors["bad_proxy_header"] == 1)
        }
    }

    @Test func `a peer that is not trusted cannot name a client`() async throws {
        let elsewhere = TrustedPeers([IPNetwork("10.0.0.0/8")].compactMap { $0 })
        try await ProxyHarness.run(trustedPeers: elsewhere) { proxy in
            let refused = try await RawClient.exchange(Self.line + Self.get, with: proxy)
            #expect(refused.hasPrefix("HTTP/1.1 400 "))
            #expect(proxy.origin.requests.isEmpty)
            let answer = try await RawClient.exchange(Self.get, with: proxy)
            #expect(answer.contains("x-forwarded-for: 127.0.0.1\n"))
        }
    }

    @Test func `a header that does not come is not waited for`() async throws {
        try await ProxyHarness.run(limits: .init(headerTime: .milliseconds(100)), trustedPeers: Self.loopback) {
            proxy in
            let client = try await proxy.connect()
            try? await client.send("PROXY TCP4 ")
            #expect(try await client.readToEnd().isEmpty)
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
        }
    }

    @Test func `connections are counted to the client, not to the proxy that passes them on`() async throws {
        try await ProxyHarness.run(limits: .init(connectionsPerClient: 1), trustedPeers: Self.loopback) { proxy in
            var clients: [RawClient] = []
            for number in 1...3 {
                let client = try await proxy.connect()
                try await client.send(
                    "PROXY TCP4 192.0.2.\(number) 192.0.2.200 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"
                )
                try await client.wait { $0.hasSuffix("hello") }
                clients.append(client)
            }
            let second = try await proxy.connect()
            try? await second.send("PROXY TCP4 192.0.2.1 192.0.2.200 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await second.readToEnd().isEmpty)
            #expect(proxy.server.metrics.errors["too_many_connections_from_client"] == 1)
            for client in clients { try await client.close() }
        }
    }

    @Test func `a drain does not wait for headers`() async throws {
        try await ProxyHarness.run(trustedPeers: Self.loopback) { proxy in
            let client = try await proxy.connect()
            try await client.send("PROXY ")
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 1 })
            await proxy.server.shutdown(deadline: .now() + .hours(1))
            #expect(try await client.readToEnd().isEmpty)
        }
    }
}

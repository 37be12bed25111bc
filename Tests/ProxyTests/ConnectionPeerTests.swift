import Foundation
import Listening
import NIOCore
import TLS
import Testing

@testable import Proxy

/// Whom a request is said to be from, and who is believed about it.
@Suite(.timeLimit(.minutes(2))) struct ConnectionPeerTests {
    private static let loopback = ["127.0.0.0/8"].compactMap { IPNetwork($0) }
    private static let elsewhere = ["10.0.0.0/8"].compactMap { IPNetwork($0) }
    private static let get =
        "GET /headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.1, 192.0.2.9\r\n"
        + "X-Forwarded-Proto: https\r\nX-Forwarded-Host: api.example\r\nX-Forwarded-Server: x\r\n\r\n"

    @Test func aTrustedProxyIsBelievedAndNamedBehindWhatItSays() async throws {
        try await ProxyHarness.run(trustedProxies: Self.loopback) { proxy in
            let answer = try await RawClient.exchange(Self.get, with: proxy)
            #expect(answer.contains("x-forwarded-for: 203.0.113.1, 192.0.2.9, 127.0.0.1\n"))
            #expect(answer.contains("x-forwarded-proto: https\n"))
            #expect(answer.contains("x-forwarded-host: api.example\n"))
            #expect(!answer.contains("x-forwarded-server"))
            #expect(proxy.filter.clients.map { $0?.ipAddress } == ["192.0.2.9"])
            #expect(proxy.filter.peers.map { $0?.ipAddress } == ["127.0.0.1"])
        }
    }

    @Test func whoShowedACertificateIsToldFromWhoDidNot() async throws {
        let certificates = try TestCertificates()
        let files = DevelopmentCertificates(in: certificates.folder)
        let authority = try CertificateAuthority(commonName: "Clients")
        let issued = try authority.issue(names: ["agent.test"], usage: .client)
        func write(_ contents: [UInt8], _ name: String) throws -> String {
            let path = "\(certificates.folder)/\(name)"
            try Data(contents).write(to: URL(fileURLWithPath: path))
            return path
        }
        let server = try TLSContext.server(
            .init(
                certificateChain: files.certificate,
                privateKey: files.privateKey,
                applicationProtocols: ["http/1.1"],
                clientCertificates: .optional(authorities: write(authority.pem(), "clients.pem"))
            )
        )
        let holder = try TLSContext.client(
            .init(
                trustRoots: .file(files.authority),
                applicationProtocols: ["http/1.1"],
                identity: .init(
                    certificateChain: write(issued.certificate, "agent.pem"),
                    privateKey: write(issued.privateKey, "agent-key.pem")
                )
            )
        )
        try await ProxyHarness.run(tls: (server, certificates.client)) { proxy in
            for tls in [certificates.client, holder] {
                let client = try await RawClient.connect(to: proxy.port, group: proxy.group, tls: tls)
                try await client.send(Self.get)
                _ = try await client.readToEnd()
            }
            #expect(proxy.filter.certificates == [false, true])
        }
    }

    @Test func anybodyElseIsNot() async throws {
        try await ProxyHarness.run(trustedProxies: Self.elsewhere) { proxy in
            let answer = try await RawClient.exchange(Self.get, with: proxy)
            #expect(answer.contains("x-forwarded-for: 127.0.0.1\n"))
            #expect(answer.contains("x-forwarded-proto: http\n"))
            #expect(answer.contains("x-forwarded-host: a\n"))
            #expect(proxy.filter.clients.map { $0?.ipAddress } == ["127.0.0.1"])
        }
    }

    // A balancer that sends PROXY headers passes on what anybody writes: that it is trusted makes nobody behind it so.
    @Test func theAddressOfAProxyHeaderIsThePeerAndNotTheSocketsOwn() async throws {
        let line = "PROXY TCP4 192.0.2.7 192.0.2.2 56324 443\r\n"
        let peers = TrustedPeers(Self.loopback)
        try await ProxyHarness.run(trustedPeers: peers, trustedProxies: Self.loopback) { proxy in
            let answer = try await RawClient.exchange(line + Self.get, with: proxy)
            #expect(answer.contains("x-forwarded-for: 192.0.2.7\n"))
            #expect(proxy.filter.peers.map { $0?.ipAddress } == ["192.0.2.7"])
        }
        let client = ["192.0.2.7"].compactMap { IPNetwork($0) }
        try await ProxyHarness.run(trustedPeers: peers, trustedProxies: client) { proxy in
            let answer = try await RawClient.exchange(line + Self.get, with: proxy)
            #expect(answer.contains("x-forwarded-for: 203.0.113.1, 192.0.2.9, 192.0.2.7\n"))
            #expect(proxy.filter.clients.map { $0?.ipAddress } == ["192.0.2.9"])
        }
    }
}

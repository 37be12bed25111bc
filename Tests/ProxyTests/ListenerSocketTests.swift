import Foundation
import Listening
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Upstream

@testable import Proxy

/// The places a proxy can listen at, beside a port of its own.
@Suite(.timeLimit(.minutes(2))) struct ListenerSocketTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    private static func path() -> String {
        "/tmp/guardian-\(UInt32.random(in: 0 ... .max)).sock"
    }

    private static func permissions(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func `a unix socket is served, has its permissions, and is gone afterwards`() async throws {
        let path = Self.path()
        try await ProxyHarness.run(place: .unix(path: path, mode: 0o640)) { proxy in
            #expect(try Self.permissions(path) == 0o640)
            let answer = try await RawClient.exchange(Self.get, with: proxy)
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            // There is no address to tell.
            #expect(proxy.filter.clients.map { $0?.ipAddress } == [nil])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `peers of a unix socket may be trusted`() async throws {
        let place = ProxyConfiguration.Listener.Place.unix(path: Self.path(), mode: 0o600)
        try await ProxyHarness.run(place: place, trustedPeers: .init(includesUnixSockets: true)) { proxy in
            let header = "PROXY TCP6 2001:db8::9 ::1 1 2\r\n"
            let answer = try await RawClient.exchange(header + "GET /headers" + Self.get.dropFirst(5), with: proxy)
            #expect(answer.contains("x-forwarded-for: 2001:db8::9\n"))
        }
    }

    @Test func `a file that a dead process left is replaced, one that is in use is not`() async throws {
        let path = Self.path()
        let first = try TestSocket.listening(at: SocketAddress(unixDomainSocketPath: path))
        await #expect(throws: (any Error).self) {
            try await ProxyHarness.run(place: .unix(path: path, mode: 0o600)) { _ in }
        }
        #expect(FileManager.default.fileExists(atPath: path))
        // Closing leaves the file, as a crash does.
        TestSocket.close(first)
        #expect(FileManager.default.fileExists(atPath: path))
        try await ProxyHarness.run(place: .unix(path: path, mode: 0o600)) { proxy in
            let answer = try await RawClient.exchange(Self.get, with: proxy)
            #expect(answer.hasSuffix("hello"))
        }
    }

    @Test func `a file that is no socket is left alone`() async throws {
        let path = Self.path()
        try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        await #expect(throws: (any Error).self) {
            try await ProxyHarness.run(place: .unix(path: path, mode: 0o600)) { _ in }
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
    }

    @Test func `a socket that was handed over is served`() async throws {
        // Bound and listening, as the service manager leaves it.
        let descriptor = try TestSocket.listening(at: SocketAddress(ipAddress: "127.0.0.1", port: 0))
        try await ProxyHarness.run(place: .descriptor(descriptor)) { proxy in
            #expect(proxy.port > 0)
            let answer = try await RawClient.exchange(Self.get, with: proxy)
            #expect(answer.hasSuffix("hello"))
        }
    }

    @Test func `a port that is not shared cannot be had twice`() async throws {
        try await ProxyHarness.run { proxy in
            await #expect(throws: (any Error).self) {
                try await ProxyHarness.run(place: .tcp(host: "127.0.0.1", port: proxy.port)) { _ in }
            }
        }
    }

    @Test func `of two that share a port the second gets every connection once the first stops`() async throws {
        let shared = { (port: Int) in
            ProxyConfiguration.Listener.Place.tcp(host: "127.0.0.1", port: port, sharesPort: true)
        }
        try await ProxyHarness.run(place: shared(0)) { first in
            try await ProxyHarness.run(place: shared(first.port)) { second in
                let stopping = Task { await first.server.shutdown(deadline: .now() + .seconds(10)) }
                // From before the first stops until after: nobody is refused or reset.
                for _ in 0..<50 {
                    let answer = try await RawClient.exchange(Self.get, with: second)
                    #expect(answer.hasSuffix("hello"))
                }
                await stopping.value
                let before = second.server.metrics.requests
                for _ in 0..<20 {
                    let answer = try await RawClient.exchange(Self.get, with: second)
                    #expect(answer.hasSuffix("hello"))
                }
                #expect(second.server.metrics.requests == before + 20)
                #expect(first.server.metrics.requests + second.server.metrics.requests == 70)
            }
        }
    }

    @Test func `an upstream may be a unix socket`() async throws {
        let path = Self.path()
        // A proxy stands for the server behind the socket.
        try await ProxyHarness.run(place: .unix(path: path, mode: 0o600)) { behind in
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let server = try await ProxyServer(
                configuration: .init(
                    listeners: [.init(host: "127.0.0.1", port: 0)],
                    upstream: UpstreamServers(.unix(path: path))
                ),
                filter: ScriptedFilter(),
                group: group,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let port = try await server.start()[0].port ?? 0
            let client = try await RawClient.connect(to: port, group: group)
            try await client.send(Self.get)
            #expect(try await client.readToEnd().hasSuffix("hello"))
            #expect(behind.filter.heads.map { $0.headers["host"] } == [["localhost"]])
            await behind.server.shutdown(deadline: .now())
            let refused = try await RawClient.connect(to: port, group: group)
            try await refused.send(Self.get)
            #expect(try await refused.readToEnd().contains("upstream_connect_refused"))
            await server.shutdown(deadline: .now())
            try await group.shutdownGracefully()
        }
    }
}

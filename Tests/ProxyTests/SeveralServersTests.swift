import Logging
import NIOCore
import NIOPosix
import Testing
import Upstream

@testable import Proxy

/// Several servers behind one proxy: who is asked, and what becomes of a request whose server fails.
@Suite(.timeLimit(.minutes(2))) struct SeveralServersTests {
    private struct Front {
        let origins: [Origin]
        let server: ProxyServer
        let filter: ScriptedFilter
        let port: Int
        let group: MultiThreadedEventLoopGroup

        func get(_ path: String, method: String = "GET", body: String = "") async throws -> String {
            let client = try await RawClient.connect(to: self.port, group: self.group)
            let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
            try await client.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(length)Connection: close\r\n\r\n\(body)")
            return try await client.readToEnd()
        }

        var counts: [Int] { self.origins.map(\.requests.count) }
    }

    /// - Parameter dead: how many further servers there are that nobody listens at.
    private func run(
        _ weights: [Int],
        dead: Int = 0,
        retries: Int = 2,
        script: ScriptedFilter.Script = .init(),
        _ body: (Front) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var origins: [Origin] = []
        for _ in weights { origins.append(try await Origin.start(group)) }
        var servers = zip(origins, weights).map { origin, weight in
            UpstreamServers.Server(peer: .http(host: "127.0.0.1", port: origin.port), weight: weight)
        }
        let vacant = try (0..<dead).map { _ in try TestSocket.deadPort() }
        defer { for socket in vacant { TestSocket.close(socket.descriptor) } }
        for socket in vacant { servers.insert(.init(peer: .http(host: "127.0.0.1", port: socket.port)), at: 0) }
        let filter = ScriptedFilter(script)
        let server = try await ProxyServer(
            configuration: .init(
                listeners: [.init(host: "127.0.0.1", port: 0)],
                upstream: UpstreamServers(servers, retries: retries)
            ),
            filter: filter,
            group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let port = try await server.start()[0].port ?? 0
        let result: Result<Void, any Error>
        do {
            let front = Front(origins: origins, server: server, filter: filter, port: port, group: group)
            result = .success(try await body(front))
        } catch {
            result = .failure(error)
        }
        await server.shutdown(deadline: .now() + .milliseconds(100))
        for origin in origins { try? await origin.stop() }
        try await group.shutdownGracefully()
        try result.get()
    }

    @Test func `servers take turns`() async throws {
        try await self.run([1, 1, 1]) { front in
            for _ in 0..<9 {
                let answer = try await front.get("/")
                #expect(answer.hasSuffix("hello"))
            }
            #expect(front.counts == [3, 3, 3])
        }
    }

    @Test func `exchanges at the same time are shared by weight`() async throws {
        try await self.run([1, 3]) { front in
            var clients: [RawClient] = []
            for _ in 0..<12 {
                let client = try await RawClient.connect(to: front.port, group: front.group)
                try await client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
                clients.append(client)
            }
            #expect(try await eventually { front.counts == [3, 9] })
        }
    }

    @Test(arguments: ["GET", "POST"])
    func `a server that refuses connections costs no request`(method: String) async throws {
        try await self.run([1], dead: 1, script: ScriptedFilter.inspecting()) { front in
            for round in 0..<20 {
                let answer = try await front.get("/echo", method: method, body: method == "POST" ? "n\(round)" : "")
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            }
            #expect(front.counts == [20])
            #expect(front.filter.summaries.allSatisfy { $0.error == nil })
        }
    }

    @Test func `without retries the client is told`() async throws {
        try await self.run([1], dead: 1, retries: 0) { front in
            var answers: [String] = []
            for _ in 0..<2 { answers.append(try await front.get("/")) }
            #expect(answers.count { $0.contains("upstream_connect_refused") } == 1)
        }
    }

    @Test func `a question is asked again where its server vanished, and a deed is not`() async throws {
        try await self.run([1, 1]) { front in
            _ = try await front.get("/vanish")
            #expect(front.counts == [1, 1])
            let answer = try await front.get("/vanish", method: "POST", body: "x")
            #expect(answer.contains("upstream_closed_early"))
            #expect(front.counts.reduce(0, +) == 3)
        }
    }

    @Test func `a server that fails again and again is left alone for a while`() async throws {
        try await self.run([1, 1]) { front in
            for _ in 0..<5 { _ = try await front.get("/vanish", method: "POST", body: "x") }
            let before = front.counts
            // One of two may be out: whichever failed five times first.
            for _ in 0..<5 { _ = try await front.get("/vanish", method: "POST", body: "x") }
            for _ in 0..<10 { #expect(try await front.get("/").hasSuffix("hello")) }
            let gained = zip(front.counts, before).map { $0 - $1 }
            #expect(gained.min() ?? 99 <= 3, "\(gained)")
            #expect(gained.max() ?? 0 >= 12, "\(gained)")
        }
    }

    @Test func `where nobody listens the client is told once all were tried`() async throws {
        try await self.run([], dead: 3) { front in
            let answer = try await front.get("/")
            #expect(answer.hasPrefix("HTTP/1.1 502 "))
            #expect(answer.contains("upstream_connect_refused"))
        }
    }
}

import NIOCore
import NIOHTTP1
import Testing

@testable import Proxy

/// What HTTP/2 connections may cost, and how they end.
@Suite(.timeLimit(.minutes(2))) struct HTTP2ConnectionTests {
    private func run(
        limits: ProxyLimits = .init(),
        _ body: (ProxyHarness, HTTP2Client) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(limits: limits, tls: (certificates.server, certificates.client)) { proxy in
            try await body(proxy, HTTP2Client.connect(to: proxy, certificates))
        }
    }

    private static func flood(_ client: HTTP2Client, _ frames: (UInt32) -> [RawFrame]) async throws {
        for round in 0..<300 where !client.raw.isClosed {
            // The connection may be closed while this goes on, which is the point.
            try? await client.raw.send(frames(UInt32(2 * round + 1)).flatMap(\.bytes))
        }
    }

    @Test func `a stream beyond the limit ends the connection`() async throws {
        try await self.run(limits: .init(concurrentStreams: 2)) { proxy, client in
            try await client.send(
                HTTP2Client.get("/silent", stream: 1),
                HTTP2Client.get("/silent", stream: 3),
                HTTP2Client.get("/", stream: 5)
            )
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.server.metrics.requests == 2)
            #expect(proxy.server.metrics.errors["http2_protocol_error"] == 1)
        }
    }

    @Test func `rapid resets end the connection`() async throws {
        try await self.run(limits: .init(streamResets: 50, http2Window: .minutes(10))) { proxy, client in
            try await Self.flood(client) { stream in
                [
                    HTTP2Client.get("/silent", stream: stream),
                    RawFrame(.reset, stream: stream, RawFrame.word(HTTP2Client.cancel)),
                ]
            }
            #expect(try await client.goAways().last == HTTP2Client.enhanceYourCalm)
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.server.metrics.errors["http2_flood"] == 1)
            #expect(try await eventually { proxy.server.metrics.exchangesOpen == 0 })
            #expect(proxy.server.metrics.requests <= 52)
        }
    }

    @Test(arguments: [RawFrame.Kind.ping, .settings, .priority])
    func `floods of control frames end the connection`(kind: RawFrame.Kind) async throws {
        try await self.run(limits: .init(controlFrames: 50, http2Window: .minutes(10))) { proxy, client in
            let payload: [UInt8] =
                switch kind {
                case .ping: Array(repeating: 0, count: 8)
                case .priority: [0, 0, 0, 0, 1]
                default: []
                }
            try await Self.flood(client) { [RawFrame(kind, stream: kind == .priority ? $0 : 0, payload)] }
            #expect(try await client.goAways().last == HTTP2Client.enhanceYourCalm)
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.server.metrics.errors["http2_flood"] == 1)
        }
    }

    @Test func `a header block that never ends ends the connection`() async throws {
        try await self.run { proxy, client in
            var head = HTTP2Client.get("/", stream: 1)
            head.flags = 0
            try await client.send(head)
            for _ in 0..<20 where !client.raw.isClosed {
                let piece = RawFrame(.continuation, stream: 1, RawFrame.block([("x", "y")]))
                try? await client.send(piece)
            }
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.server.metrics.errors["http2_flood"] == 1)
            #expect(proxy.origin.requests.isEmpty)
        }
    }

    @Test func `empty data frames end the connection`() async throws {
        try await self.run { proxy, client in
            try await client.send(HTTP2Client.post("/echo", stream: 1))
            try await Self.flood(client) { _ in [HTTP2Client.data("", stream: 1)] }
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.server.metrics.errors["http2_flood"] == 1)
        }
    }

    @Test func `a head larger than the limit does not reach the upstream`() async throws {
        try await self.run { proxy, client in
            let big = String(repeating: "x", count: 12_000)
            try await client.send(
                HTTP2Client.get("/", stream: 1, [("x-a", big)]).split(at: 9_000),
                in: (1, [("x-b", big), ("x-c", big), ("x-d", big)])
            )
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.origin.requests.isEmpty)
        }
    }

    @Test func `a connection that asks nothing is told to go and closed`() async throws {
        let limits = ProxyLimits(headerTime: .seconds(2), lingerTime: .milliseconds(200))
        try await self.run(limits: limits) { proxy, client in
            let codes = try await client.goAways()
            #expect(codes.first == HTTP2Client.noError)
            #expect(try await eventually { client.raw.isClosed })
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
        }
    }

    @Test func `an idle connection is told to go and closed`() async throws {
        try await self.run(limits: .init(idleTime: .milliseconds(300))) { proxy, client in
            try await client.send(HTTP2Client.get("/", stream: 1))
            #expect(try await client.end(of: 1).text == "hello")
            #expect(try await client.goAways().first == HTTP2Client.noError)
            try await client.answerPings()
            #expect(try await eventually(2) { client.raw.isClosed })
        }
    }

    @Test func `a drain says so, lets streams finish, and closes`() async throws {
        try await self.run { proxy, client in
            try await client.send(HTTP2Client.get("/events", stream: 1))
            _ = try await eventually { (try? client.answer(1).text.isEmpty) == false }
            let start = NIODeadline.now()
            let drained = Task { await proxy.server.shutdown(deadline: .now() + .seconds(30)) }
            #expect(try await client.goAways() == [HTTP2Client.noError])
            try await client.answerPings()
            #expect(try await client.end(of: 1).text == "data: first\n\ndata: second\n\n")
            await drained.value
            #expect(NIODeadline.now() - start < .seconds(20))
            #expect(try await eventually { client.raw.isClosed })
            #expect(proxy.filter.summaries.allSatisfy { $0.error == nil })
        }
    }

    @Test func `what is left at the deadline is cut`() async throws {
        try await self.run { proxy, client in
            try await client.send(HTTP2Client.get("/silent", stream: 1))
            #expect(try await eventually { proxy.origin.requests.count == 1 })
            await proxy.server.shutdown(deadline: .now() + .milliseconds(200))
            #expect(try await eventually { client.raw.isClosed })
            #expect(try await eventually { proxy.filter.summaries.map(\.error) == ["shut_down"] })
        }
    }

    @Test func `an answer that a client is slow to take goes out to its end in a drain`() async throws {
        let size = 16 << 20
        let (drains, drain) = AsyncStream.makeStream(of: Void.self)
        let reply = LocalReply(status: .ok, headers: [:], body: .bytes(ByteBuffer(repeating: 0x61, count: size)))
        var script = ScriptedFilter.inspecting()
        script.request = { _, _ in
            for await _ in drains {}
            return .reply(reply)
        }
        let certificates = try TestCertificates()
        try await ProxyHarness.run(script, tls: (certificates.server, certificates.client), threads: 2) { proxy in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get("/", stream: 1))
            #expect(try await eventually { proxy.server.metrics.exchangesOpen == 1 })
            async let ended: Void = proxy.server.shutdown(deadline: .now() + .seconds(60))
            try await client.wait { frames in frames.contains { $0.kind == RawFrame.Kind.ping.rawValue } }
            try await client.answerPings()
            #expect(try await client.goAways(2).count == 2)
            try await client.raw.pause()
            drain.finish()
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            // Longer than a close waits for a client that has taken all.
            try await Task.sleep(for: .seconds(3))
            try await client.raw.resume()
            #expect(try await eventually(30) { client.raw.isClosed })
            let answer = try client.answer(1)
            #expect(answer.isWhole)
            #expect(answer.body.count == size)
            await ended
        }
    }

    @Test func `a client that takes nothing does not hold up what is cut at the deadline`() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(
            ScriptedFilter.replying(bytes: 16 << 20),
            tls: (certificates.server, certificates.client),
            threads: 2
        ) { proxy in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.raw.pause()
            try await client.send(HTTP2Client.get("/", stream: 1))
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            let start = NIODeadline.now()
            await proxy.server.shutdown(deadline: .now() + .milliseconds(200))
            #expect(NIODeadline.now() - start < .seconds(30))
        }
    }

    @Test func `bytes that are no HTTP/2 end the connection`() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            let raw = try await RawClient.connect(to: proxy.port, group: proxy.group, tls: certificates.http2Client)
            try await raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await raw.readToEnd()
            #expect(proxy.origin.requests.isEmpty)
            #expect(proxy.server.metrics.errors["http2_protocol_error"] == 1)
        }
    }
}

extension RawFrame {
    /// A head that goes on in CONTINUATION frames.
    fileprivate func split(at length: Int) -> [RawFrame] {
        var first = self
        first.flags &= ~Self.endHeaders
        first.payload = Array(self.payload.prefix(length))
        return [first, RawFrame(.continuation, stream: self.stream, Array(self.payload.dropFirst(length)))]
    }
}

extension HTTP2Client {
    fileprivate func send(_ frames: [RawFrame], in more: (stream: UInt32, fields: [(String, String)])) async throws {
        var bytes = frames.flatMap(\.bytes)
        for (index, field) in more.fields.enumerated() {
            let flags = index == more.fields.count - 1 ? RawFrame.endHeaders : 0
            bytes += RawFrame(.continuation, flags: flags, stream: more.stream, RawFrame.block([field])).bytes
        }
        try? await self.raw.send(bytes)
    }
}

import NIOCore
import Testing

@testable import Proxy

@Suite(.timeLimit(.minutes(2))) struct ShutdownTests {
    @Test func idleConnectionsAreClosedAtOnceAndNewOnesRefused() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.hasSuffix("hello") }
            let start = NIODeadline.now()
            await proxy.server.shutdown(deadline: .now() + .seconds(30))
            #expect(NIODeadline.now() - start < .seconds(20))
            _ = try await client.readToEnd()
            await #expect(throws: (any Error).self) { _ = try await proxy.connect() }
        }
    }

    @Test func anExchangeUnderWayFinishesAndItsConnectionCloses() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.contains("data: first") }
            let start = NIODeadline.now()
            await proxy.server.shutdown(deadline: .now() + .seconds(30))
            #expect(NIODeadline.now() - start < .seconds(20))
            let answer = try await client.readToEnd()
            #expect(answer.hasSuffix("data: second\n\n\r\n0\r\n\r\n"))
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            #expect(proxy.filter.summaries.first?.error == nil)
        }
    }

    @Test func anAnswerThatBeginsDuringTheDrainSaysThatTheConnectionCloses() async throws {
        var script = ScriptedFilter.inspecting()
        let (drains, drain) = AsyncStream.makeStream(of: Void.self)
        script.request = { _, _ in
            for await _ in drains {}
            return .reply(.text("late"))
        }
        try await ProxyHarness.run(script) { proxy in
            let (client, idle) = (try await proxy.connect(), try await proxy.connect())
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.server.metrics.exchangesOpen == 1 })
            async let ended: Void = proxy.server.shutdown(deadline: .now() + .seconds(30))
            // A connection without a request is closed when the drain begins.
            _ = try await idle.readToEnd()
            drain.finish()
            await ended
            let answer = try await client.readToEnd()
            #expect(answer.contains("connection: close"))
            #expect(answer.hasSuffix("late"))
        }
    }

    @Test func whatIsLeftAtTheDeadlineIsCut() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.origin.requests.count == 1 })
            let start = NIODeadline.now()
            await proxy.server.shutdown(deadline: .now() + .milliseconds(200))
            #expect(NIODeadline.now() - start >= .milliseconds(200))
            _ = try await client.readToEnd()
            #expect(try await eventually { proxy.filter.summaries.map(\.error) == ["shut_down"] })
            #expect(try await eventually { proxy.filter.summaries.map(\.fault) == [.proxy] })
            #expect(proxy.server.metrics.exchangesOpen == 0)
            #expect(try await eventually { proxy.origin.closed == 1 })
        }
    }

    @Test func anAnswerThatIsStillBeingSentGoesOutToItsEnd() async throws {
        let size = 16 << 20
        try await ProxyHarness.run(ScriptedFilter.replying(bytes: size), threads: 2) { proxy in
            let (client, idle) = (try await proxy.connect(autoRead: false), try await proxy.connect())
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            async let ended: Void = proxy.server.shutdown(deadline: .now() + .seconds(30))
            // A connection without a request is closed when the drain begins.
            _ = try await idle.readToEnd()
            try await client.resume()
            _ = try await client.readToEnd(20)
            #expect(client.bytes.count > size)
            await ended
        }
    }
}

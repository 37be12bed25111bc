import NIOCore
import NIOHTTP1
import Testing

@testable import Proxy

@Suite(.timeLimit(.minutes(2))) struct ProxyServerTests {
    @Test func aRequestIsForwardedAndItsAnswerComesBack() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(
                "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nhello"))
            #expect(answer.contains("x-request-id: "))
        }
    }

    @Test func connectionsAreKeptAliveOnBothSides() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            for round in 1...5 {
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nn\(round)")
                try await client.wait { $0.hasSuffix("n\(round)") }
            }
            #expect(proxy.origin.connections == 1)
            #expect(proxy.origin.requests.count == 5)
            #expect(proxy.server.metrics.connectionsAccepted == 1)
            #expect(proxy.server.metrics.requests == 5)
            #expect(proxy.server.metrics.responsesByClass == [2: 5])
        }
    }

    @Test func aServerWithoutUpstreamAnswersByItself() async throws {
        var script = ScriptedFilter.Script()
        script.begin = { $0.uri == "/here" ? .reply(.text("made here")) : .pass(headers: $0.headers) }
        try await ProxyHarness.run(script, hasUpstream: false) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /here HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.hasSuffix("made here") }
            try await client.send("GET /there HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.contains("no_upstream") }
            #expect(text.contains("HTTP/1.1 502 Bad Gateway"))
        }
    }
}

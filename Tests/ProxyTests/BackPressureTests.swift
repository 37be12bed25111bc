import NIOCore
import NIOHTTP1
import Testing

@testable import Proxy

/// Whoever does not read holds up whoever writes, and nobody's memory grows.
@Suite(.timeLimit(.minutes(2))) struct BackPressureTests {
    @Test func aClientThatDoesNotReadHoldsUpTheUpstream() async throws {
        try await ProxyHarness.run(threads: 2) { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            let written = try await settled { proxy.origin.bytesWritten }
            // The sockets of both connections hold a few megabytes; the proxy adds one read.
            #expect(written < 24 << 20, "\(written) bytes")
            let passed = proxy.server.metrics.responseBytes
            #expect(passed < 16 << 20, "\(passed) bytes")
            try await client.resume()
            #expect(try await eventually { proxy.origin.bytesWritten > written + (8 << 20) })
            try await client.close()
        }
    }

    @Test func anUpstreamThatDoesNotReadHoldsUpTheClient() async throws {
        let limits = ProxyLimits(bodyBytes: 1 << 30)
        let stall = try await StalledOrigin.start()
        try await ProxyHarness.run(limits: limits, upstreamPort: stall.port, threads: 2) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 268435456\r\n\r\n")
            let sender = Task {
                let block = [UInt8](repeating: 0x61, count: 256 * 1024)
                for _ in 0..<1024 { try await client.send(block) }
            }
            let taken = try await settled { proxy.server.metrics.requestBytes }
            #expect(taken < 24 << 20, "\(taken) bytes")
            sender.cancel()
            try await client.close()
            _ = await sender.result
        }
        try await stall.stop()
    }

    @Test func aClientThatPipelinesWithoutReadingIsNotReadOn() async throws {
        var script = ScriptedFilter.Script()
        let block = ByteBuffer(repeating: 0x61, count: 256 * 1024)
        script.begin = { _ in .reply(LocalReply(status: .ok, headers: [:], body: .bytes(block))) }
        try await ProxyHarness.run(script, limits: .init(pipelinedRequests: 100), threads: 2) { proxy in
            let client = try await proxy.connect(autoRead: false)
            let requests = String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 90)
            try await client.send(requests)
            let answered = try await settled { proxy.server.metrics.requests }
            #expect(answered < 60, "\(answered) of 90 requests answered to nobody")
            try await client.resume()
            try await client.wait(20) { $0.utf8.count > 90 * 256 * 1024 }
            #expect(proxy.server.metrics.requests == 90)
        }
    }

    @Test func eachEventOfAStreamIsPassedOnWhenItComes() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /held-events HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = try await client.wait { $0.contains("data: first") }
            #expect(!first.contains("data: second"))
            proxy.origin.goOn()
            try await client.wait { $0.hasSuffix("data: second\n\n\r\n0\r\n\r\n") }
        }
    }
}

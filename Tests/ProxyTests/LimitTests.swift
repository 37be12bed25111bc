import NIOCore
import TLS
import Testing

@testable import Proxy

/// Each limit holds, says its word, and leaves what is below it alone.
@Suite(.timeLimit(.minutes(2))) struct LimitTests {
    @Test func theDefaultsAreTheDocumentedOnes() {
        let limits = ProxyLimits()
        #expect(limits.headerBytes == 32 * 1024)
        #expect(limits.headerCount == 100)
        #expect(limits.uriBytes == 8 * 1024)
        #expect(limits.bodyBytes == 10 * 1024 * 1024)
        #expect(limits.headerTime == .seconds(10))
        #expect(limits.pipelinedRequests == 16)
        #expect(limits.connections == 20_000)
        #expect(limits.connectionsPerClient == 20_000)
        #expect(limits.bufferedBytes == 512 * 1024 * 1024)
        #expect(limits.bodyRate == 240)
    }

    @Test func headerBytes() async throws {
        try await ProxyHarness.run { proxy in
            let big = String(repeating: "x", count: 33 * 1024)
            let answer = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\nX: \(big)\r\n\r\n", with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 431 "))
            #expect(answer.contains("headers_too_large"))
            let fits = String(repeating: "x", count: 30 * 1024)
            let fine = try await RawClient.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nX: \(fits)\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(fine.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func headerBytesThatNeverEnd() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n")
            for index in 0..<40 {
                try await client.send("X-\(index): " + String(repeating: "x", count: 4096) + "\r\n")
                if client.text.contains("431") { break }
            }
            let answer = try await client.readToEnd()
            #expect(answer.contains("headers_too_large"))
        }
    }

    @Test(arguments: [0x20, 0x09] as [UInt8])
    func blanksBehindAColonThatNeverEnd(blank: UInt8) async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nX:")
            for _ in 0..<64 where !client.text.contains("431") {
                // A client that hears the answer stops sending: the rest fails, which is well.
                try? await client.send([UInt8](repeating: blank, count: 16 * 1024))
            }
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 431 "))
            #expect(answer.contains("headers_too_large"))
        }
    }

    @Test func manyRequestsAndALargeBodyInOneReadAreNoLargeHead() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let client = try await proxy.connect()
            let body = String(repeating: "b", count: 512 * 1024)
            let requests = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            try await client.send(requests + String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 16))
            let text = try await client.wait { $0.components(of: "HTTP/1.1 200 OK") == 17 }
            #expect(text.hasSuffix("hello"))
        }
    }

    @Test(arguments: [(99, "200"), (100, "431"), (500, "431")])
    func headerCount(fields: Int, status: String) async throws {
        try await ProxyHarness.run { proxy in
            // Beside Host and Connection.
            let lines = String(repeating: "X: y\r\n", count: fields - 1)
            let answer = try await RawClient.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(lines)\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            if fields == 100 { #expect(answer.contains("too_many_headers")) }
        }
    }

    @Test(arguments: [(8 * 1024, "200"), (8 * 1024 + 1, "414")])
    func uriBytes(length: Int, status: String) async throws {
        try await ProxyHarness.run { proxy in
            let uri = "/" + String(repeating: "u", count: length - 1)
            let answer = try await RawClient.exchange(
                "GET \(uri) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test(arguments: [true, false])
    func aBodyOf20MegabytesIsRefusedWithoutBeingKept(isChunked: Bool) async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let client = try await proxy.connect()
            let size = 20 * 1024 * 1024
            let framing = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(size)"
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n")
            let block = [UInt8](repeating: 0x61, count: 64 * 1024)
            for _ in 0..<(size / block.count) where !client.isClosed {
                // A client that hears the answer stops sending: the rest fails, which is well.
                if isChunked { try? await client.send("10000\r\n") }
                try? await client.send(block)
                if isChunked { try? await client.send("\r\n") }
            }
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(answer.contains("body_too_large"))
            #expect(proxy.server.metrics.requestBytes <= 11 * 1024 * 1024)
            #expect(proxy.origin.requests.isEmpty)
        }
    }

    @Test func aDeclaredBodyThatIsTooLargeIsNotInvited() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(limit: 100)) { proxy in
            let answer = try await RawClient.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func aStreamedBodyThatGrowsTooLargeStopsTheUpstream() async throws {
        try await ProxyHarness.run(limits: .init(bodyBytes: 10)) { proxy in
            let answer = try await RawClient.exchange(
                "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 413 "))
            #expect(!proxy.origin.requests.contains { $0.isComplete })
        }
    }

    @Test func headerTime() async throws {
        try await ProxyHarness.run(limits: .init(headerTime: .seconds(4))) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\n")
            let dripping = Task {
                for _ in 0..<200 {
                    try await Task.sleep(for: .milliseconds(50))
                    try await client.send("X: y\r\n")
                }
            }
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.contains("request_header_timeout"))
            _ = await dripping.result
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    ])
    func headerTimeOfAHeadThatBeganBehindARequest(request: String) async throws {
        try await ProxyHarness.run(limits: .init(headerTime: .seconds(3))) { proxy in
            let client = try await proxy.connect()
            try await client.send(request + "GET / HTTP/1.1\r\nX:")
            let answer = try await client.readToEnd(20)
            #expect(answer.contains("hello"))
            #expect(answer.contains("request_header_timeout"))
        }
    }

    @Test func aConnectionThatSaysNothingIsClosedWithoutAWord() async throws {
        try await ProxyHarness.run(limits: .init(headerTime: .milliseconds(100))) { proxy in
            let client = try await proxy.connect()
            #expect(try await client.readToEnd() == "")
        }
    }

    @Test func idleTime() async throws {
        try await ProxyHarness.run(limits: .init(idleTime: .milliseconds(100))) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.readToEnd()
            #expect(answer.hasSuffix("hello"))
        }
    }

    /// Whether the whole of a large answer reaches a client that begins to read it late.
    private func expectWholeAnswer(
        to request: String,
        limits: ProxyLimits,
        tls: (server: TLSContext, client: TLSContext)? = nil,
        meanwhile: (ProxyHarness, RawClient) async throws -> Void
    ) async throws {
        let size = 16 << 20
        let script = ScriptedFilter.replying(bytes: size)
        try await ProxyHarness.run(script, limits: limits, tls: tls, threads: 2) { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send(request)
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            try await meanwhile(proxy, client)
            try await client.resume()
            _ = try await client.readToEnd(20)
            #expect(client.bytes.count > size)
        }
    }

    @Test func anAnswerOnItsWayOutlivesTheIdleTime() async throws {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        try await self.expectWholeAnswer(to: request, limits: .init(idleTime: .milliseconds(100))) { proxy, _ throws in
            let isIdle = try await eventually { proxy.server.metrics.errors["connection_idle"] == 1 }
            #expect(isIdle)
        }
    }

    @Test(arguments: [false, true])
    func anAnswerOnItsWayOutlivesTheWaitForAnUnwantedBody(byTLS: Bool) async throws {
        let certificates = try TestCertificates()
        let tls = byTLS ? (certificates.server, certificates.client) : nil
        let request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc"
        let limits = ProxyLimits(lingerTime: .milliseconds(100))
        try await self.expectWholeAnswer(to: request, limits: limits, tls: tls) { proxy, _ throws in
            // Nothing more of the body comes. The connection ends all the same, but not before the answer is out.
            let isCut = try await eventually(1) { proxy.server.metrics.connectionsOpen == 0 }
            #expect(!isCut)
        }
    }

    @Test func bodyIdleTime() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(), limits: .init(bodyIdleTime: .milliseconds(100))) {
            proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 408 "))
            #expect(answer.contains("request_body_timeout"))
        }
    }

    @Test func bodyTime() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(), limits: .init(bodyTime: .milliseconds(200))) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
            let dripping = Task {
                for _ in 0..<50 {
                    try await Task.sleep(for: .milliseconds(20))
                    try await client.send("x")
                }
            }
            let answer = try await client.readToEnd()
            #expect(answer.contains("request_body_timeout"))
            _ = await dripping.result
        }
    }

    @Test func writeStallTime() async throws {
        try await ProxyHarness.run(limits: .init(writeStallTime: .milliseconds(200))) { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.filter.summaries.first?.error == "client_write_timeout" })
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
            #expect(try await eventually { proxy.origin.closed == 1 })
            try await client.close()
        }
    }

    @Test func writeStallTimeAfterTheEndOfTheAnswer() async throws {
        let limits = ProxyLimits(writeStallTime: .milliseconds(200))
        try await ProxyHarness.run(ScriptedFilter.replying(bytes: 16 << 20), limits: limits) { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
            #expect(proxy.server.metrics.errors == ["client_write_timeout": 1])
            try await client.close()
        }
    }

    @Test func connections() async throws {
        try await ProxyHarness.run(limits: .init(connections: 2)) { proxy in
            let first = try await proxy.connect()
            let second = try await proxy.connect()
            for client in [first, second] {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                try await client.wait { $0.hasSuffix("hello") }
            }
            let third = try await proxy.connect()
            #expect(try await third.readToEnd() == "")
            #expect(proxy.server.metrics.errors == ["too_many_connections": 1])
            try await first.close()
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 1 })
            let fourth = try await proxy.connect()
            try await fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await fourth.wait { $0.hasSuffix("hello") }
        }
    }

    @Test func connectionsPerClient() async throws {
        try await ProxyHarness.run(limits: .init(connectionsPerClient: 1)) { proxy in
            let first = try await proxy.connect()
            try await first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await first.wait { $0.hasSuffix("hello") }
            let second = try await proxy.connect()
            #expect(try await second.readToEnd() == "")
            #expect(proxy.server.metrics.errors == ["too_many_connections_from_client": 1])
            try await first.close()
            #expect(try await eventually { proxy.server.metrics.connectionsOpen == 0 })
            let third = try await proxy.connect()
            try await third.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await third.wait { $0.hasSuffix("hello") }
        }
    }

    @Test func bodyRate() async throws {
        let limits = ProxyLimits(bodyRate: 1000, bodyGrace: .milliseconds(200))
        try await ProxyHarness.run(ScriptedFilter.inspecting(), limits: limits) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            let dripping = Task {
                for _ in 0..<200 {
                    try await Task.sleep(for: .milliseconds(20))
                    try await client.send("x")
                }
            }
            let answer = try await client.readToEnd()
            #expect(answer.contains("request_body_timeout"))
            _ = await dripping.result
        }
    }

    @Test func bufferedBytes() async throws {
        let body = String(repeating: "x", count: 600)
        try await ProxyHarness.run(ScriptedFilter.inspecting(), limits: .init(bufferedBytes: 1000)) { proxy in
            let waiting = try await proxy.connect()
            try await waiting.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 601\r\n\r\n\(body)")
            #expect(try await eventually { proxy.server.metrics.bufferedBytes == 600 })
            let refused = try await RawClient.exchange(
                "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 600\r\n\r\n\(body)",
                with: proxy
            )
            #expect(refused.hasPrefix("HTTP/1.1 503 "))
            #expect(refused.contains("too_much_buffered"))
            try await waiting.send("y")
            try await waiting.wait { $0.hasSuffix("xy") }
            #expect(proxy.server.metrics.bufferedBytes == 0)
        }
    }

    @Test func bufferedBytesOfAnswers() async throws {
        let limits = ProxyLimits(bufferedBytes: 1000)
        try await ProxyHarness.run(ScriptedFilter.inspecting(hold: 1 << 20), limits: limits) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = try await client.wait { $0.contains("}}") }
            #expect(answer.contains("too_much_buffered"))
            #expect(try await eventually { proxy.server.metrics.bufferedBytes == 0 })
        }
    }

    /// Half of what may be held is for answers that pass: 50 bytes are room for the first event, and not for both.
    @Test(arguments: [
        (ProxyLimits(), ["data: first", "data: second"]),
        (ProxyLimits(bufferedBytes: 50), ["data: first"]),
        (ProxyLimits(connectionBufferedBytes: 50), ["data: first"]),
    ])
    func bufferedBytesOfAnswersThatPass(limits: ProxyLimits, observed: [String]) async throws {
        var script = ScriptedFilter.Script()
        script.responseHead = { _ in .observe(limit: 1000) }
        try await ProxyHarness.run(script, limits: limits) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /held-events HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.contains("data: first") }
            #expect(proxy.server.metrics.bufferedBytes == "data: first\n\n".utf8.count)
            proxy.origin.goOn()
            // The caller gets all of it in any case.
            try await client.wait { $0.hasSuffix("data: second\n\n\r\n0\r\n\r\n") }
            #expect(proxy.filter.observed == observed.map { "\($0)\n\n" }.joined())
            #expect(proxy.filter.unobserved == 2 - observed.count)
            #expect(try await eventually { proxy.server.metrics.bufferedBytes == 0 })
        }
    }

    @Test func bufferedBytesOfAnAnswerThatIsTooLongToBeObserved() async throws {
        var script = ScriptedFilter.Script()
        script.responseHead = { _ in .observe(limit: 20) }
        try await ProxyHarness.run(script) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.contains("zzz") }
            #expect(proxy.filter.unobserved == 1)
            #expect(proxy.filter.observed.isEmpty)
            #expect(proxy.server.metrics.bufferedBytes == 0)
            try await client.close()
        }
    }

    @Test func pipelinedRequests() async throws {
        try await ProxyHarness.run(limits: .init(pipelinedRequests: 3)) { proxy in
            let requests = String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 10)
            let answer = try await RawClient.exchange(requests, with: proxy)
            #expect(answer.components(of: "hello") == 4)
            #expect(answer.contains("too_many_pipelined_requests"))
            #expect(proxy.origin.requests.count == 4)
        }
    }

    @Test(arguments: ["br", "zstd", "deflate", "gzip, gzip", "gzip, identity", "x"])
    func anInspectedBodyInAnUnknownContentCodingIsRefused(coding: String) async throws {
        let request =
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Encoding: \(coding)\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let answer = try await RawClient.exchange(request, with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 415 "))
            #expect(answer.contains("unsupported_content_encoding"))
            #expect(answer.contains("accept-encoding: gzip\r\n"))
            #expect(proxy.origin.requests.isEmpty)
        }
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(request, with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
        }
    }
}

import NIOCore
import NIOHTTP1
import Testing

@testable import Proxy

/// Exchanges over HTTP/2, as a client sees them.
@Suite(.timeLimit(.minutes(2))) struct HTTP2StreamTests {
    private func run(
        _ script: ScriptedFilter.Script = .init(),
        limits: ProxyLimits = .init(),
        threads: Int = 1,
        _ body: (ProxyHarness, TestCertificates) async throws -> Void
    ) async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(
            script,
            limits: limits,
            tls: (certificates.server, certificates.client),
            threads: threads
        ) { try await body($0, certificates) }
    }

    @Test func `a request reaches the upstream as HTTP/1.1 and its answer comes back`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(
                HTTP2Client.get("/headers?q=1", stream: 1, [("cookie", "a=1"), ("cookie", "b=2"), ("x-plain", "y")])
            )
            let answer = try await client.end(of: 1)
            #expect(answer.status == "200")
            #expect(answer.text.hasPrefix("/headers?q=1\n"))
            for line in [
                "cookie: a=1; b=2", "x-plain: y", "via: 2.0 guardian", "x-forwarded-host: a",
                "x-forwarded-proto: https",
            ] {
                #expect(answer.text.contains(line + "\n"), "\(line)")
            }
            #expect(answer["x-request-id"]?.count == 32)
            #expect(answer["content-length"] == "\(answer.body.count)")
            #expect(try await eventually { proxy.filter.summaries.map(\.status) == [200] })
        }
    }

    @Test func `a body without a length is passed on as it comes`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.post("/echo", stream: 1), HTTP2Client.data("one ", stream: 1))
            try await client.send(HTTP2Client.data("two", stream: 1, ends: true))
            let answer = try await client.end(of: 1)
            #expect(answer.text == "one two")
            #expect(proxy.origin.requests.first?.head.headers["transfer-encoding"] == ["chunked"])
        }
    }

    @Test func `a body that is inspected is given to the filter whole`() async throws {
        try await self.run(ScriptedFilter.inspecting(hold: 1 << 20)) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            let body = String(repeating: "abcdefgh", count: 16_384)
            try await client.send(HTTP2Client.post("/echo", stream: 1, [("content-length", "\(body.utf8.count)")]))
            for start in stride(from: 0, to: body.utf8.count, by: 16_384) {
                // More than the window in all: it is given back as the body is read.
                _ = try await eventually {
                    65_535 + client.frames.filter { $0.stream == 1 && $0.kind == 8 }.reduce(0) { $0 + Int($1.code) }
                        >= start + 16_384
                }
                let ends = start + 16_384 >= body.utf8.count
                try await client.send(
                    HTTP2Client.data(String(body.dropFirst(start).prefix(16_384)), stream: 1, ends: ends)
                )
            }
            let answer = try await client.end(of: 1)
            #expect(answer.text == body)
            #expect(proxy.origin.requests.first?.head.headers["content-length"] == ["\(body.utf8.count)"])
        }
    }

    @Test func `many streams at once get their own answers`() async throws {
        try await self.run(threads: 2) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            for number in 0..<80 {
                try await client.send(
                    HTTP2Client.post("/echo", stream: UInt32(2 * number + 1)),
                    HTTP2Client.data("n\(number)", stream: UInt32(2 * number + 1), ends: true)
                )
            }
            for number in 0..<80 {
                let answer = try await client.end(of: UInt32(2 * number + 1))
                #expect(answer.text == "n\(number)")
            }
            #expect(try await eventually { proxy.server.metrics.exchangesOpen == 0 })
            #expect(proxy.server.metrics.connectionsAccepted == 1)
        }
    }

    @Test(arguments: [("HEAD", "/"), ("GET", "/nothing")])
    func `an answer without a body ends with its head`(method: String, path: String) async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get(path, stream: 1, method: method))
            let answer = try await client.end(of: 1)
            #expect(answer.isWhole && answer.body.isEmpty && answer.reset == nil)
            #expect(answer["content-length"] == (method == "HEAD" ? "5" : nil))
        }
    }

    @Test func `events are passed on when they come`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get("/held-events", stream: 1))
            #expect(try await eventually { (try? client.answer(1).text) == "data: first\n\n" })
            #expect(try client.answer(1).isWhole == false)
            proxy.origin.goOn()
            #expect(try await client.end(of: 1).text == "data: first\n\ndata: second\n\n")
        }
    }

    @Test func `a client that expects 100-continue is invited`() async throws {
        try await self.run(ScriptedFilter.inspecting()) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.post("/echo", stream: 1, [("expect", "100-continue")]))
            #expect(try await eventually { (try? client.answer(1).informational) == 1 })
            try await client.send(HTTP2Client.data("body", stream: 1, ends: true))
            #expect(try await client.end(of: 1).text == "body")
        }
    }

    @Test func `a request that fails at once is not invited, and the others go on`() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client), hasUpstream: false) { proxy in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            for stream in [1, 3] as [UInt32] {
                try await client.send(HTTP2Client.post("/", stream: stream, [("expect", "100-continue")]))
                let answer = try await client.end(of: stream)
                #expect(answer.status == "502" && answer.isWhole)
                #expect(answer.informational == 0)
            }
            #expect(client.frames.allSatisfy { $0.kind != RawFrame.Kind.goAway.rawValue })
        }
    }

    @Test func `an answer that is handed over and not taken is reset and counted`() async throws {
        let limits = ProxyLimits(writeStallTime: .milliseconds(300))
        try await self.run(ScriptedFilter.replying(bytes: 1 << 20), limits: limits) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates, window: nil)
            try await client.send(HTTP2Client.get("/", stream: 1))
            let answer = try await client.end(of: 1)
            #expect(answer.reset == HTTP2Client.cancel && !answer.isWhole)
            #expect(answer.body.count == 65_535)
            #expect(proxy.server.metrics.errors == ["client_write_timeout": 1])
        }
    }

    @Test func `a large answer of one piece comes whole`() async throws {
        try await self.run(ScriptedFilter.replying(bytes: 1 << 20 + 1)) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get("/", stream: 1))
            let answer = try await client.end(of: 1)
            #expect(answer.isWhole && answer.body.count == 1 << 20 + 1)
        }
    }

    @Test func `trailers end the request and go no further`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(
                HTTP2Client.post("/echo", stream: 1),
                HTTP2Client.data("body", stream: 1),
                HTTP2Client.headers([("x-trailer", "1")], stream: 1, ends: true)
            )
            #expect(try await client.end(of: 1).text == "body")
            #expect(proxy.origin.requests.count == 1)
        }
    }

    @Test func `a stream that is reset stops its upstream and no other`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get("/silent", stream: 1), HTTP2Client.get("/held-events", stream: 3))
            #expect(try await eventually { proxy.origin.requests.count == 2 })
            try await client.send(RawFrame(.reset, stream: 1, RawFrame.word(HTTP2Client.cancel)))
            #expect(try await eventually { proxy.origin.closed == 1 })
            #expect(try await eventually { proxy.filter.summaries.first?.error == "client_went_away" })
            proxy.origin.goOn()
            #expect(try await client.end(of: 3).isWhole)
        }
    }

    @Test func `a client that goes away stops everything it asked for`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get("/silent", stream: 1), HTTP2Client.get("/silent", stream: 3))
            #expect(try await eventually { proxy.origin.requests.count == 2 })
            try await client.raw.close()
            #expect(try await eventually { proxy.origin.closed == 2 })
            #expect(
                try await eventually {
                    proxy.filter.summaries.map(\.error) == ["client_went_away", "client_went_away"]
                }
            )
            #expect(proxy.server.metrics.exchangesOpen == 0)
        }
    }

    @Test func `an answer that breaks off is reset behind what came`() async throws {
        try await self.run { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.get("/half-chunked", stream: 1))
            let answer = try await client.end(of: 1)
            #expect(answer.text == "0123456789")
            #expect(answer.isWhole == false)
            #expect(answer.reset == HTTP2Client.internalError)
        }
    }

    @Test func `a body that nobody wants is read to its end after the answer`() async throws {
        try await self.run(ScriptedFilter.inspecting(limit: 10)) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.post("/echo", stream: 1))
            // More than the window that the stream began with, as the client is given more of it.
            let piece = String(repeating: "a", count: 16_000)
            for _ in 0..<4 { try await client.send(HTTP2Client.data(piece, stream: 1)) }
            try await client.wait { frames in
                frames.contains { $0.kind == RawFrame.Kind.windowUpdate.rawValue && $0.stream == 1 }
            }
            for _ in 0..<3 { try await client.send(HTTP2Client.data(piece, stream: 1)) }
            try await client.send(HTTP2Client.data(piece, stream: 1, ends: true))
            let answer = try await client.end(of: 1)
            #expect(answer.status == "413")
            try await client.send(HTTP2Client.get("/", stream: 3))
            #expect(try await client.end(of: 3).text == "hello")
            #expect(try client.answer(1).reset == nil)
        }
    }

    @Test func `a body that nobody wants is not read for ever`() async throws {
        try await self.run(ScriptedFilter.inspecting(limit: 10), limits: .init(lingerBytes: 20_000)) {
            proxy,
            certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.post("/echo", stream: 1))
            let piece = String(repeating: "a", count: 16_000)
            for _ in 0..<3 { try? await client.send(HTTP2Client.data(piece, stream: 1)) }
            #expect(try await eventually { (try? client.answer(1).reset) == HTTP2Client.noError })
            #expect(try client.answer(1).status == "413")
        }
    }

    @Test func `a body that nobody wants is not left lying while a client takes no answer`() async throws {
        try await self.run(ScriptedFilter.inspecting(limit: 10), limits: .init(lingerBytes: 20_000)) {
            proxy,
            certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(RawFrame(.settings, [0, 4] + RawFrame.word(0)))
            try await client.send(HTTP2Client.post("/echo", stream: 1), HTTP2Client.data("more than ten", stream: 1))
            #expect(try await eventually { (try? client.answer(1).status) == "413" })
            let piece = String(repeating: "a", count: 16_000)
            for _ in 0..<2 { try await client.send(HTTP2Client.data(piece, stream: 1)) }
            #expect(try await client.reset(of: 1) == HTTP2Client.cancel)
            #expect(try client.answer(1).body.isEmpty)
            try await client.send(HTTP2Client.get("/nothing", stream: 3))
            #expect(try await client.end(of: 3).isWhole)
        }
    }

    @Test func `sending on does not keep a stream whose answer is not taken`() async throws {
        let limits = ProxyLimits(writeStallTime: .milliseconds(300))
        try await self.run(ScriptedFilter.inspecting(limit: 10), limits: limits) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(RawFrame(.settings, [0, 4] + RawFrame.word(0)))
            try await client.send(HTTP2Client.post("/echo", stream: 1), HTTP2Client.data("more than ten", stream: 1))
            for _ in 0..<50 {
                try await client.send(HTTP2Client.data("a", stream: 1))
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await client.reset(of: 1) == HTTP2Client.cancel)
            #expect(proxy.server.metrics.errors["client_write_timeout"] == 1)
        }
    }

    @Test func `what still comes on streams that were reset leaves the others alone`() async throws {
        let limits = ProxyLimits(lingerTime: .milliseconds(200))
        try await self.run(ScriptedFilter.inspecting(limit: 10), limits: limits) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            let streams = (0..<40).map { UInt32(2 * $0 + 1) }
            for stream in streams {
                try await client.send(
                    HTTP2Client.post("/echo", stream: stream),
                    HTTP2Client.data("more than ten", stream: stream)
                )
            }
            for stream in streams { #expect(try await client.reset(of: stream) == HTTP2Client.noError) }
            for stream in streams { try await client.send(HTTP2Client.data("late", stream: stream)) }
            try await client.send(HTTP2Client.get("/", stream: 81))
            #expect(try await client.end(of: 81).text == "hello")
            #expect(client.frames.allSatisfy { $0.kind != RawFrame.Kind.goAway.rawValue })
        }
    }

    @Test func `an answer before the end of the request resets the rest of it when it does not come`() async throws {
        let limits = ProxyLimits(lingerTime: .milliseconds(200))
        try await self.run(ScriptedFilter.inspecting(limit: 10), limits: limits) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.post("/echo", stream: 1), HTTP2Client.data("more than ten", stream: 1))
            #expect(try await eventually { (try? client.answer(1).reset) == HTTP2Client.noError })
            let answer = try client.answer(1)
            #expect(answer.status == "413")
            #expect(answer.isWhole && answer.text.contains("body_too_large"))
            try await client.send(HTTP2Client.get("/", stream: 3))
            #expect(try await client.end(of: 3).text == "hello")
        }
    }

    @Test func `a client that gives no window holds up the upstream, and other streams go on`() async throws {
        try await self.run(threads: 2) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates, window: nil)
            // The connection's window is made large, the stream's is left as it is.
            try await client.send(RawFrame(.windowUpdate, RawFrame.word(1 << 30)))
            try await client.send(HTTP2Client.get("/endless", stream: 1))
            let written = try await settled { proxy.origin.bytesWritten }
            #expect(written < 24 << 20, "\(written) bytes")
            #expect(proxy.server.metrics.responseBytes < 1 << 20)
            try await client.send(HTTP2Client.get("/", stream: 3))
            #expect(try await client.end(of: 3).text == "hello")
            try await client.send(RawFrame(.windowUpdate, stream: 1, RawFrame.word(1 << 24)))
            #expect(try await eventually { proxy.server.metrics.responseBytes > 1 << 24 })
            try await client.send(RawFrame(.reset, stream: 1, RawFrame.word(HTTP2Client.cancel)))
            #expect(try await eventually { proxy.origin.closed == 1 })
        }
    }

    @Test func `a client that never gives window is reset`() async throws {
        try await self.run(limits: .init(writeStallTime: .milliseconds(300))) { proxy, certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates, window: nil)
            try await client.send(HTTP2Client.get("/endless", stream: 1))
            #expect(try await client.end(of: 1).reset != nil)
            #expect(try await eventually { proxy.filter.summaries.map(\.error) == ["client_write_timeout"] })
        }
    }

    @Test func `a body that stalls is answered 408`() async throws {
        try await self.run(ScriptedFilter.inspecting(), limits: .init(bodyIdleTime: .milliseconds(300))) {
            proxy,
            certificates in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            try await client.send(HTTP2Client.post("/echo", stream: 1), HTTP2Client.data("x", stream: 1))
            let answer = try await client.end(of: 1)
            #expect(answer.status == "408")
            #expect(answer.text.contains("request_body_timeout"))
        }
    }
}

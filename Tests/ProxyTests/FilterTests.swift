import Deflate
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import Upstream

@testable import Proxy

/// What a filter decides is what happens.
@Suite(.timeLimit(.minutes(2))) struct FilterTests {
    private static let post = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"

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

    @Test func littleIsDecidedOnTheLoopAndMuchElsewhereAndTheOrderIsKept() async throws {
        let onLoop = Mutex<[Int: Bool]>([:])
        var script = ScriptedFilter.inspecting(hold: 10_000)
        script.request = { head, body in
            onLoop.withLock { $0[body.readableBytes] = MultiThreadedEventLoopGroup.currentEventLoop != nil }
            return .forward(headers: head.headers, body: body)
        }
        let lengths = [1, 4096, 4097, 8000, 2, 3]
        try await ProxyHarness.run(script) { proxy in
            let client = try await proxy.connect()
            for length in lengths {
                let body = String(repeating: "\(length % 10)", count: length)
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n\(body)")
            }
            let text = try await client.wait { $0.hasSuffix("333") }
            let bodies = text.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix { $0.isNumber } }
            #expect(bodies.map(\.count) == lengths)
        }
        #expect(onLoop.withLock { $0 } == [1: true, 2: true, 3: true, 4096: true, 4097: false, 8000: false])
    }

    @Test func aShortAnswerToMuchIsDecidedElsewhere() async throws {
        let onLoop = Mutex<[String: Bool]>([:])
        var script = ScriptedFilter.inspecting(hold: 10_000)
        script.request = { head, body in
            .forward(headers: head.headers, body: ByteBuffer(string: body.readableBytes > 4096 ? "much" : "little"))
        }
        script.response = { head, body in
            onLoop.withLock { $0[String(buffer: body)] = MultiThreadedEventLoopGroup.currentEventLoop != nil }
            return .forward(head: head, body: body)
        }
        try await ProxyHarness.run(script) { proxy in
            let client = try await proxy.connect()
            for (length, answer) in [(2, "little"), (8000, "much")] {
                let body = String(repeating: "a", count: length)
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n\(body)")
                _ = try await client.wait { $0.hasSuffix(answer) }
            }
        }
        #expect(onLoop.withLock { $0 } == ["little": true, "much": false])
    }

    @Test func aDecisionThatWaitsLeavesTheLoopToOthers() async throws {
        var script = ScriptedFilter.inspecting()
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        script.request = { head, body in
            if String(buffer: body) == "wait" { for await _ in opened {} }
            return .reply(.text("done \(String(buffer: body))"))
        }
        try await ProxyHarness.run(script) { proxy in
            let (first, second) = (try await proxy.connect(), try await proxy.connect())
            try await first.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nwait")
            #expect(try await eventually { proxy.server.metrics.exchangesOpen == 1 })
            try await second.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\ngo")
            _ = try await second.wait { $0.hasSuffix("done go") }
            open.finish()
            _ = try await first.wait { $0.hasSuffix("done wait") }
        }
    }

    @Test func anInspectedBodyIsForwardedAsTheFilterLeavesIt() async throws {
        var script = ScriptedFilter.inspecting()
        script.request = { head, body in
            var headers = head.headers
            headers.add(name: "x-seen", value: String(buffer: body))
            return .forward(headers: headers, body: ByteBuffer(string: "edited body"))
        }
        try await ProxyHarness.run(script) { proxy in
            let answer = try await RawClient.exchange(Self.post, with: proxy)
            #expect(answer.hasSuffix("edited body"))
            let request = try #require(proxy.origin.requests.first)
            #expect(request.head.headers["x-seen"] == ["body"])
            #expect(request.head.headers["content-length"] == ["11"])
            #expect(request.head.headers["accept-encoding"] == ["identity"])
        }
    }

    private static let packed = gzip(Array("hello".utf8))

    private static func gzip(_ text: [UInt8]) -> [UInt8] {
        var writer = GzipWriter()
        return writer.write(text) + writer.finish()
    }

    private static func post(packed: [UInt8]) -> [UInt8] {
        let head =
            "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: "
        return Array("\(head)\(packed.count)\r\n\r\n".utf8) + packed
    }

    @Test func aPackedBodyIsUnpackedForTheFilterAndForwardedUnpacked() async throws {
        let seen = Mutex("")
        var script = ScriptedFilter.inspecting()
        script.request = { head, body in
            seen.withLock { $0 = String(buffer: body) }
            return .forward(headers: head.headers, body: body)
        }
        try await ProxyHarness.run(script) { proxy in
            let client = try await proxy.connect()
            try await client.send(Self.post(packed: Self.packed))
            #expect(try await client.readToEnd().hasSuffix("hello"))
            #expect(seen.withLock { $0 } == "hello")
            let request = try #require(proxy.origin.requests.first)
            #expect(request.head.headers["content-encoding"] == [])
            #expect(request.head.headers["content-length"] == ["5"])
            #expect(proxy.server.metrics.bufferedBytes == 0)
        }
    }

    @Test(arguments: [
        (Array(FilterTests.packed.dropLast()), "bad_content_encoding", "400"),
        (FilterTests.packed + FilterTests.packed, "bad_content_encoding", "400"),
        (FilterTests.gzip([UInt8](repeating: 0, count: 1 << 20)), "body_too_dense", "413"),
    ]) func whatCannotBeUnpackedReachesNobody(packed: [UInt8], word: String, status: String) async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let client = try await proxy.connect()
            try await client.send(Self.post(packed: packed))
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains(word))
            #expect(proxy.origin.connections == 0)
            #expect(proxy.server.metrics.errors[word] == 1)
        }
    }

    @Test func aRefusedRequestNeverReachesTheUpstream() async throws {
        var script = ScriptedFilter.inspecting()
        script.request = { _, _ in .reply(.text("no", status: .forbidden)) }
        try await ProxyHarness.run(script) { proxy in
            let answer = try await RawClient.exchange(Self.post, with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 403 Forbidden"))
            #expect(proxy.origin.connections == 0)
        }
    }

    @Test func aReplyFromTheHeadKeepsTheConnectionIfTheBodyIsHere() async throws {
        var script = ScriptedFilter.Script()
        script.begin = { _ in .reply(.text("no", status: .notFound)) }
        try await ProxyHarness.run(script) { proxy in
            let client = try await proxy.connect()
            for _ in 1...2 {
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            }
            try await client.wait { $0.components(of: "404 Not Found") == 2 }
            #expect(!client.text.contains("connection: close"))
        }
    }

    @Test func aHeldAnswerIsReplacedAsTheFilterSays() async throws {
        var script = ScriptedFilter.inspecting(hold: 1000)
        script.response = { head, body in
            guard String(buffer: body) == "onetwothree" else { return .reply(.text("wrong")) }
            var head = head
            head.headers.add(name: "x-edited", value: "yes")
            return .forward(head: head, body: ByteBuffer(string: "replaced"))
        }
        try await ProxyHarness.run(script) { proxy in
            let answer = try await RawClient.exchange(
                "GET /chunked HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.contains("x-edited: yes"))
            #expect(answer.contains("content-length: 8"))
            #expect(answer.hasSuffix("replaced"))
        }
    }

    @Test func aHeldAnswerInAContentCodingIsAnError() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(hold: 1000)) { proxy in
            let answer = try await RawClient.exchange(
                "GET /gzip HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(answer.contains("upstream_encoded_response"))
            #expect(!answer.contains("not really"))
        }
    }

    @Test func aHeldAnswerBeyondItsLimitIsAnError() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(hold: 100_000)) { proxy in
            let answer = try await RawClient.exchange(
                "GET /endless HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(answer.contains("upstream_response_too_large"))
            #expect(try await eventually { proxy.origin.closed == 1 })
        }
    }

    @Test(arguments: [("/gzip", "upstream_encoded_response"), ("/endless", "upstream_response_too_large")])
    func whatTheFilterSaysOfAnAnswerThatCannotBeHeldHasItsOwnStatus(path: String, word: String) async throws {
        var script = ScriptedFilter.inspecting(hold: 1000)
        script.failure = { $0.code == word ? LocalReply.text("said here", status: .tooManyRequests) : nil }
        try await ProxyHarness.run(script) { proxy in
            let answer = try await RawClient.exchange(
                "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 429") && answer.hasSuffix("said here"))
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            let summary = try #require(proxy.filter.summaries.first)
            #expect(summary.status == 429 && summary.error == word && summary.fault == .upstream)
        }
    }

    @Test func anObservedAnswerPassesAndIsSeen() async throws {
        var script = ScriptedFilter.Script()
        script.responseHead = { _ in .observe(limit: 1000) }
        try await ProxyHarness.run(script) { proxy in
            let answer = try await RawClient.exchange(
                "GET /chunked HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasSuffix("0\r\n\r\n"))
            #expect(proxy.filter.observed == "onetwothree")
            #expect(proxy.filter.unobserved == 0)
        }
    }

    @Test func aStreamedReplyArrivesChunkByChunk() async throws {
        let (chunks, source) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        try await ProxyHarness.run(Self.streaming(chunks)) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            source.yield(ByteBuffer(string: "data: 1\n\n"))
            let first = try await client.wait { $0.contains("data: 1") }
            #expect(first.contains("transfer-encoding: chunked"))
            #expect(!first.contains("data: 2"))
            source.yield(ByteBuffer(string: "data: 2\n\n"))
            source.finish()
            try await client.wait { $0.hasSuffix("data: 2\n\n\r\n0\r\n\r\n") }
        }
    }

    @Test func aStreamedReplyIsCancelledWhenTheClientGoesAway() async throws {
        let (chunks, source) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        let isCancelled = Flag()
        source.onTermination = { reason in
            if case .cancelled = reason { isCancelled.raise() }
        }
        try await ProxyHarness.run(Self.streaming(chunks)) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            source.yield(ByteBuffer(string: "data: 1\n\n"))
            try await client.wait { $0.contains("data: 1") }
            try await client.close()
            #expect(try await eventually { isCancelled.isRaised })
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            #expect(try await eventually { proxy.filter.summaries.first?.error == "client_went_away" })
            #expect(proxy.filter.summaries.first?.status == 200)
            #expect(proxy.filter.summaries.first?.isAbandoned == true)
        }
    }

    @Test func aStreamedReplyThatFailsAtOnceIsACleanError() async throws {
        let (chunks, source) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        source.finish(throwing: CancellationError())
        try await ProxyHarness.run(Self.streaming(chunks)) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.hasSuffix("}}") }
            #expect(text.hasPrefix("HTTP/1.1 500"))
            #expect(text.contains("reply_failed"))
        }
    }

    @Test func aStreamedReplyThatFailsLaterIsCutVisibly() async throws {
        let (chunks, source) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        source.yield(ByteBuffer(string: "data: 1\n\n"))
        source.finish(throwing: CancellationError())
        try await ProxyHarness.run(Self.streaming(chunks)) { proxy in
            let text = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", with: proxy)
            #expect(text.contains("data: 1"))
            #expect(!text.contains("0\r\n\r\n"))
        }
    }

    @Test func aStreamedReplyThatFailsSaysWhoseFaultItIs() async throws {
        let (chunks, source) = AsyncThrowingStream.makeStream(of: ByteBuffer.self)
        source.yield(ByteBuffer(string: "data: 1\n\n"))
        source.finish(throwing: ProxyError(502, "upstream_closed_early", fault: .upstream, "It broke off."))
        try await ProxyHarness.run(Self.streaming(chunks)) { proxy in
            let text = try await RawClient.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", with: proxy)
            #expect(text.contains("data: 1"))
            #expect(!text.contains("0\r\n\r\n"))
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            let summary = try #require(proxy.filter.summaries.first)
            #expect(summary.error == "upstream_closed_early" && summary.fault == .upstream)
        }
    }

    @Test func aStreamedReplyWaitsForASlowReader() async throws {
        let pulled = Counter()
        let chunks = AsyncThrowingStream<ByteBuffer, any Error> {
            pulled.add(1)
            return ByteBuffer(repeating: 0x61, count: 64 * 1024)
        }
        try await ProxyHarness.run(Self.streaming(chunks)) { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let settled = try await pulled.settles()
            // What fits in the sockets' buffers, and not more: an endless reply would have gone on.
            #expect(settled < 500, "\(settled) chunks of 64 KiB")
            try await client.close()
        }
    }

    /// Says when nobody holds it any more.
    private final class Sentinel: Sendable {
        let flag: Flag
        init(_ flag: Flag) { self.flag = flag }
        deinit { self.flag.raise() }
    }

    @Test func aStreamedReplyToASlowReaderIsLetGoWhenTheUpstreamFails() async throws {
        let isLetGo = Flag()
        var script = ScriptedFilter.inspecting()
        script.responseHead = { _ in .window(limit: 1 << 20) }
        script.window = { _, _ in
            let sentinel = Sentinel(isLetGo)
            let chunks = AsyncThrowingStream<ByteBuffer, any Error> {
                withExtendedLifetime(sentinel) { ByteBuffer(repeating: 0x61, count: 64 * 1024) }
            }
            return .reply(LocalReply(status: .ok, headers: [:], body: .stream(chunks)))
        }
        try await ProxyHarness.run(script, timeouts: .init(total: .seconds(1))) { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send("GET /stall HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.filter.summaries.first?.error == "upstream_total_timeout" })
            #expect(try await eventually { isLetGo.isRaised })
            try? await client.close()
        }
    }

    @Test func aDecisionIsCancelledWhenTheClientGoesAway() async throws {
        let isCancelled = Flag()
        var script = ScriptedFilter.inspecting()
        script.request = { head, body in
            do {
                try await Task.sleep(for: .seconds(30))
            } catch {
                isCancelled.raise()
            }
            return .forward(headers: head.headers, body: body)
        }
        try await ProxyHarness.run(script) { proxy in
            let client = try await proxy.connect()
            try await client.send(Self.post)
            #expect(try await eventually { proxy.server.metrics.exchangesOpen == 1 })
            try await client.close()
            #expect(try await eventually { isCancelled.isRaised })
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            #expect(try await eventually { proxy.filter.summaries.first?.status == 499 })
            #expect(try await eventually { proxy.filter.summaries.first?.fault == .client })
            #expect(proxy.origin.connections == 0)
        }
    }

    @Test func aFieldThatIsNoFieldIsNotSent() async throws {
        var script = ScriptedFilter.Script()
        script.begin = { _ in
            var reply = LocalReply.text("x")
            reply.headers.add(name: "x-bad", value: "a\r\nset-cookie: b")
            reply.headers.add(name: "x-good", value: "c")
            return .reply(reply)
        }
        try await ProxyHarness.run(script) { proxy in
            let text = try await RawClient.exchange(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(text.contains("x-good: c"))
            #expect(!text.contains("set-cookie"))
        }
    }

    private static func streaming(_ chunks: AsyncThrowingStream<ByteBuffer, any Error>) -> ScriptedFilter.Script {
        var script = ScriptedFilter.Script()
        script.begin = { _ in
            .reply(LocalReply(status: .ok, headers: ["content-type": "text/event-stream"], body: .stream(chunks)))
        }
        return script
    }
}

import NIOCore
import NIOPosix
import Testing
import Upstream

@testable import Proxy

/// What the client gets when the upstream does not do its part.
@Suite(.timeLimit(.minutes(2))) struct UpstreamFailureTests {
    private static func get(_ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    }

    @Test func anUpstreamThatIsDownIs502() async throws {
        let vacant = try TestSocket.deadPort()
        defer { TestSocket.close(vacant.descriptor) }
        try await ProxyHarness.run(upstreamPort: vacant.port) { proxy in
            let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502 Bad Gateway"))
            #expect(answer.contains("upstream_connect_refused"))
            #expect(answer.contains("content-type: application/json"))
            #expect(answer.contains("x-request-id: "))
            #expect(try await eventually { proxy.filter.summaries.first?.fault == .upstream })
            // It was to be asked, though nothing could be sent.
            let summary = try #require(proxy.filter.summaries.first)
            #expect(summary.upstreamDuration == nil && summary.upstreamStatus == nil)
            #expect(try #require(summary.upstreamEnd) <= summary.duration)
            #expect(proxy.server.metrics.errors == ["upstream_connect_refused": 1])
        }
    }

    @Test func anUpstreamThatFailsEveryTimeIsLeftAloneForAWhile() async throws {
        let breaker = CircuitBreaker.Settings(failures: 3, time: .minutes(5))
        try await ProxyHarness.run(breaker: breaker) { proxy in
            for _ in 1...3 {
                let answer = try await RawClient.exchange(
                    Self.get("/vanish").replacing("GET", with: "POST"),
                    with: proxy
                )
                #expect(answer.contains("upstream_closed_early"))
            }
            let asked = proxy.origin.requests.count
            let refused = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(refused.hasPrefix("HTTP/1.1 503 "))
            #expect(refused.contains("upstream_circuit_open"))
            #expect(refused.contains("retry-after: 1\r\n"))
            #expect(proxy.origin.requests.count == asked)
        }
    }

    @Test func anUpstreamThatDoesNotAnswerIs504() async throws {
        try await ProxyHarness.run(timeouts: .init(firstByte: .milliseconds(100))) { proxy in
            let answer = try await RawClient.exchange(Self.get("/silent"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 504 Gateway Timeout"))
            #expect(answer.contains("upstream_first_byte_timeout"))
            #expect(try await eventually { proxy.origin.closed == 1 })
        }
    }

    @Test func anExchangeThatTakesTooLongIs504() async throws {
        try await ProxyHarness.run(timeouts: .init(total: .milliseconds(100))) { proxy in
            let answer = try await RawClient.exchange(Self.get("/silent"), with: proxy)
            #expect(answer.contains("upstream_total_timeout"))
        }
    }

    @Test func anAnswerThatStallsIsCut() async throws {
        try await ProxyHarness.run(timeouts: .init(idle: .milliseconds(700))) { proxy in
            let answer = try await RawClient.exchange(Self.get("/stall"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.hasSuffix("0123456789"))
            #expect(try await eventually { proxy.filter.summaries.first?.error == "upstream_idle_timeout" })
        }
    }

    @Test func aHeldAnswerThatStallsIs504() async throws {
        try await ProxyHarness.run(
            ScriptedFilter.inspecting(hold: 1000),
            timeouts: .init(idle: .milliseconds(700))
        ) { proxy in
            let answer = try await RawClient.exchange(Self.get("/stall"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 504"))
            #expect(answer.contains("upstream_idle_timeout"))
        }
    }

    @Test(arguments: ["/half", "/half-chunked"])
    func anUpstreamThatDiesInTheMiddleCutsTheAnswerVisibly(path: String) async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n", with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.contains("0123456789"))
            #expect(!answer.hasSuffix("0\r\n\r\n"))
            #expect(try await eventually { proxy.filter.summaries.first?.error == "upstream_closed_early" })
            #expect(try await eventually { proxy.filter.summaries.first?.fault == .upstream })
        }
    }

    @Test(arguments: [false, true])
    func anAnswerThatBreaksOffIsNoWholeOneForAClientOfHTTP10(byTLS: Bool) async throws {
        let certificates = try TestCertificates()
        let tls = byTLS ? (certificates.server, certificates.client) : nil
        try await ProxyHarness.run(tls: tls) { proxy in
            let broken = try await proxy.connect()
            try await broken.send("GET /half-chunked HTTP/1.0\r\n\r\n")
            let half = try await broken.readToEnd()
            #expect(half.hasPrefix("HTTP/1.1 200 OK"))
            #expect(broken.isBroken, "the end of the connection is the end of such an answer")
            let fine = try await proxy.connect()
            try await fine.send("GET /chunked HTTP/1.0\r\n\r\n")
            #expect(try await fine.readToEnd().hasSuffix("onetwothree"))
            #expect(!fine.isBroken)
        }
    }

    @Test(arguments: ["/half", "/half-chunked"])
    func anUpstreamThatDiesInTheMiddleOfAHeldAnswerIs502(path: String) async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(hold: 1000)) { proxy in
            let answer = try await RawClient.exchange(Self.get(path), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(answer.contains("upstream_closed_early"))
        }
    }

    @Test(arguments: ["/garbage", "/two-lengths", "/both-framings", "/switch", "/many-fields"])
    func anAnswerThatIsNotHTTPAsItShouldBeIs502(path: String) async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(Self.get(path), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(answer.contains("upstream_bad_response"))
        }
    }

    @Test func blanksBehindAColonThatNeverEndAre502() async throws {
        let origin = try await RawOrigin.http1 { _, _ in
            [.text("HTTP/1.1 200 OK\r\nX:" + String(repeating: " ", count: 1 << 20))]
        }
        try await ProxyHarness.run(upstreamPort: origin.port) { proxy in
            let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502"))
            #expect(answer.contains("upstream_bad_response"))
        }
        try await origin.stop()
    }

    @Test func bytesAfterAnAnswerAreNobodysAnswer() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /surplus HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.hasSuffix("ab") }
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.hasSuffix("hello") }
            #expect(!text.contains("evil"))
            #expect(proxy.origin.connections == 2)
        }
    }

    @Test(arguments: [
        "H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Evil: 1",
        "HTTP/1.1 103 Early Hints\r\nX-Evil: 1",
    ])
    func halfAHeadAfterAnAnswerIsNotTheBeginningOfTheNext(surplus: String) async throws {
        let origin = try await RawOrigin.http1 { connection, turn in
            switch (connection, turn) {
            case (1, 1): [.text("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + surplus)]
            case (1, _): [.text("\r\n\r\nEVIL!")]
            default: [.text("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
            }
        }
        try await ProxyHarness.run(upstreamPort: origin.port) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.hasSuffix("ok") }
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.hasSuffix("hello") }
            #expect(!text.lowercased().contains("evil"))
            #expect(origin.connections.count == 2)
        }
        try await origin.stop()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ])
    func aConnectionWhoseAnswerIsWholeIsUsedAgain(answer: String) async throws {
        let origin = try await RawOrigin.http1 { _, _ in [.text(answer)] }
        try await ProxyHarness.run(ScriptedFilter.inspecting(hold: 100), upstreamPort: origin.port) { proxy in
            let client = try await proxy.connect()
            for round in 1...3 {
                try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                try await client.wait { $0.components(of: "\r\n\r\nok") == round }
            }
            #expect(origin.connections.count == 1)
        }
        try await origin.stop()
    }

    @Test func anUpstreamThatBeganToAnswerIsNotAskedTwice() async throws {
        let origin = try await RawOrigin.http1 { connection, turn in
            (connection, turn) == (1, 2)
                ? [.text("HTTP/1.1 200 OK\r\nX: half"), .close]
                : [.text("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")]
        }
        try await ProxyHarness.run(ScriptedFilter.inspecting(), upstreamPort: origin.port) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            try await client.wait { $0.hasSuffix("fine") }
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            let text = try await client.wait { $0.components(of: "HTTP/1.1 ") == 2 }
            #expect(text.contains("HTTP/1.1 502 ") && text.contains("upstream_closed_early"))
            #expect(origin.connections.count == 1)
        }
        try await origin.stop()
    }

    @Test func anUpstreamThatTakesNoMoreOfABodyIsToBlameAndNotTheClient() async throws {
        let stall = try await StalledOrigin.start()
        try await ProxyHarness.run(
            limits: .init(bodyBytes: 1 << 30, bodyTime: .seconds(8)),
            timeouts: .init(idle: .seconds(10)),
            upstreamPort: stall.port,
            threads: 2
        ) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 268435456\r\n\r\n")
            let sender = Task {
                let block = [UInt8](repeating: 0x61, count: 256 * 1024)
                for _ in 0..<1024 { try await client.send(block) }
            }
            #expect(try await eventually(60) { proxy.filter.summaries.count == 1 })
            #expect(proxy.filter.summaries.first?.error == "upstream_idle_timeout")
            #expect(proxy.filter.summaries.first?.status == 504)
            sender.cancel()
            try? await client.close()
            _ = await sender.result
        }
        try await stall.stop()
    }

    @Test func anUpstreamThatClosesIsAskedAnewNextTime() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            for round in 1...3 {
                try await client.send("GET /close HTTP/1.1\r\nHost: a\r\n\r\n")
                try await client.wait { $0.components(of: "bye") == round }
            }
            #expect(proxy.origin.connections == 3)
        }
    }

    @Test func aStaleConnectionIsReplacedWithoutTheClientNoticing() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let client = try await proxy.connect()
            for round in 1...2 {
                try await client.send("POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                try await client.wait { $0.components(of: "fine") == round }
            }
            #expect(proxy.origin.connections == 2)
            #expect(proxy.origin.requests.map(\.body) == ["body", "body", "body"])
        }
    }

    @Test func anUpstreamThatMayHaveWorkedOnARequestIsNotAskedTwice() async throws {
        let origin = try await RawOrigin.http1 { connection, turn in
            (connection, turn) == (1, 2)
                ? [.closeLater(.milliseconds(2_500))]
                : [.text("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine")]
        }
        try await ProxyHarness.run(ScriptedFilter.inspecting(), upstreamPort: origin.port) { proxy in
            let client = try await proxy.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            try await client.wait { $0.hasSuffix("fine") }
            try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            let text = try await client.wait { $0.components(of: "HTTP/1.1 ") == 2 }
            #expect(text.contains("HTTP/1.1 502 ") && text.contains("upstream_closed_early"))
            #expect(origin.connections.count == 1)
        }
        try await origin.stop()
    }

    @Test func aStreamedBodyIsNotSentTwice() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            try await client.wait { $0.hasSuffix("fine") }
            try await client.send("POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            try await client.wait { $0.contains("upstream_closed_early") }
            #expect(proxy.origin.requests.count == 2)
        }
    }

    @Test func aFirstConnectionThatClosesIsNotAskedTwice() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let answer = try await RawClient.exchange(Self.get("/vanish"), with: proxy)
            #expect(answer.contains("upstream_closed_early"))
            #expect(proxy.origin.requests.count == 1)
        }
    }

    @Test func moreRequestsThanConnectionsWaitAndThenAre503() async throws {
        try await ProxyHarness.run(
            timeouts: .init(connect: .seconds(1)),
            upstreamLimits: .init(connections: 1)
        ) { proxy in
            let first = try await proxy.connect()
            try await first.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.origin.requests.count == 1 })
            let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 503"))
            #expect(answer.contains("upstream_pool_exhausted"))
        }
    }

    @Test func anAnswerThatComesBeforeTheBodyIsPassedOn() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nsome")
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.contains("connection: close"))
            #expect(answer.hasSuffix("early"))
        }
    }

    @Test func aClientThatGoesAwayStopsTheUpstream() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try await eventually { proxy.origin.requests.count == 1 })
            #expect(proxy.origin.closed == 0)
            try await client.close()
            #expect(try await eventually { proxy.origin.closed == 1 })
            #expect(try await eventually { proxy.filter.summaries.first?.status == 499 })
            #expect(try await eventually { proxy.filter.summaries.first?.error == "client_went_away" })
        }
    }

    @Test func aClientThatGoesAwayBehindMoreThanItsRequestStopsTheUpstream() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send(
                "GET /silent HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
            )
            #expect(try await eventually { proxy.origin.requests.count == 1 })
            for _ in 1...3 { try await client.send("of another protocol") }
            try await client.close()
            #expect(try await eventually { proxy.origin.closed == 1 })
        }
    }

    @Test func aClientThatGoesAwayInTheMiddleOfAnAnswerStopsTheUpstream() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.utf8.count > 100_000 }
            try await client.close()
            #expect(try await eventually { proxy.origin.closed == 1 })
            #expect(try await eventually { proxy.filter.summaries.first?.error == "client_went_away" })
            #expect(try await eventually { proxy.filter.summaries.first?.status == 200 })
        }
    }
}

import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
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
            #expect(answer.contains("connection: close"))
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
            #expect(proxy.server.metrics.exchangesOpen == 0)
        }
    }

    @Test func chunkedBodiesTravelBothWays() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await client.send("3\r\nabc\r\n")
            try await client.send("4;extension=1\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n")
            try await client.wait { $0.hasSuffix("abcdefg") }
            try await client.send("GET /chunked HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.hasSuffix("0\r\n\r\n") }
            #expect(text.contains("3\r\none\r\n"))
            #expect(text.contains("transfer-encoding: chunked"))
            let request = try #require(proxy.origin.requests.first)
            #expect(request.body == "abcdefg")
            #expect(request.head.headers["transfer-encoding"] == ["chunked"])
            #expect(!request.head.headers.contains(name: "trailer"))
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        try await ProxyHarness.run(threads: 2) { proxy in
            let client = try await proxy.connect()
            let requests = (1...8).map { "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n<\($0)>" }
            try await client.send(requests.joined())
            let text = try await client.wait { $0.contains("<8>") }
            let order = (1...8).compactMap { text.firstRange(of: "<\($0)>")?.lowerBound }
            #expect(order.count == 8)
            #expect(order == order.sorted())
        }
    }

    @Test func aHeadRequestGetsTheLengthButNoBody() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(
                "HEAD /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.contains("content-length: 0"))
            #expect(answer.hasSuffix("\r\n\r\n"))
            let hello = try await RawClient.exchange(
                "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(hello.contains("content-length: 5"))
            #expect(hello.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func anAnswerWithoutContentHasNoFraming() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting(hold: 10)) { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.hasSuffix("\r\n\r\n") }
            #expect(text.hasPrefix("HTTP/1.1 204 No Content"))
            #expect(!text.contains("content-length"))
            #expect(!text.contains("transfer-encoding"))
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await client.wait { $0.hasSuffix("hello") }
        }
    }

    @Test func aClientOfHTTP10GetsABodyThatEndsWithTheConnection() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange("GET /chunked HTTP/1.0\r\n\r\n", with: proxy)
            #expect(!answer.contains("transfer-encoding"))
            #expect(answer.hasSuffix("onetwothree"))
        }
    }

    @Test func aClientThatWaitsForContinueIsInvited() async throws {
        for script in [ScriptedFilter.Script(), ScriptedFilter.inspecting()] {
            try await ProxyHarness.run(script) { proxy in
                let client = try await proxy.connect()
                try await client.send(
                    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"
                )
                try await client.wait { $0 == "HTTP/1.1 100 Continue\r\n\r\n" }
                try await client.send("body")
                try await client.wait { $0.hasSuffix("\r\n\r\nbody") }
                let request = try #require(proxy.origin.requests.first)
                #expect(!request.head.headers.contains(name: "expect"))
            }
        }
    }

    @Test func theUpstreamLearnsWhoAsksFromTheProxyAlone() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(
                """
                GET /headers HTTP/1.1\r
                Host: api.example\r
                X-Forwarded-For: 10.9.9.9\r
                Forwarded: for=10.9.9.9\r
                X-Request-ID: mine\r
                Connection: close, X-Secret\r
                X-Secret: 1\r
                Keep-Alive: timeout=9\r
                TE: trailers\r
                Proxy-Authorization: Basic eDp5\r
                Authorization: Bearer not-a-key\r
                \r\n
                """,
                with: proxy
            )
            #expect(answer.contains("x-forwarded-for: 127.0.0.1\n"))
            #expect(answer.contains("x-forwarded-host: api.example\n"))
            #expect(answer.contains("x-forwarded-proto: http\n"))
            #expect(answer.contains("via: 1.1 guardian\n"))
            #expect(answer.contains("host: 127.0.0.1:\(proxy.origin.port)\n"))
            #expect(answer.contains("authorization: Bearer not-a-key\n"))
            for absent in ["10.9.9.9", "mine", "x-secret", "keep-alive", "trailers", "proxy-authorization"] {
                #expect(!answer.contains(absent), "\(absent)")
            }
        }
    }

    @Test func hopByHopFieldsOfTheAnswerStayBehind() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(
                "GET /hops HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.contains("x-plain: 2"))
            for absent in ["x-secret", "keep-alive", "alt-svc", "theirs"] {
                #expect(!answer.contains(absent), "\(absent)")
            }
        }
    }

    @Test func anUpgradeIsNotPassedOnAndTheRequestIsServedAnyway() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(
                "GET /headers HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(!answer.contains("upgrade: websocket"))
            #expect(proxy.origin.requests.map(\.head.uri) == ["/headers"])
        }
    }

    @Test func anInformationalAnswerIsNotTakenForTheAnswer() async throws {
        try await ProxyHarness.run { proxy in
            let answer = try await RawClient.exchange(
                "GET /hint HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
            #expect(answer.hasSuffix("ok"))
        }
    }

    @Test func anAnswerThatEndsWithTheUpstreamsConnectionIsWhole() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("GET /until-close HTTP/1.1\r\nHost: a\r\n\r\n")
            let text = try await client.wait { $0.hasSuffix("0\r\n\r\n") }
            #expect(text.contains("to the end"))
        }
    }

    @Test func everyExchangeIsSummedUpOnce() async throws {
        try await ProxyHarness.run { proxy in
            let client = try await proxy.connect()
            try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
            try await client.wait { $0.hasSuffix("body") }
            #expect(try await eventually { proxy.filter.summaries.count == 1 })
            let summary = try #require(proxy.filter.summaries.first)
            #expect(summary.status == 200)
            #expect(summary.error == nil)
            #expect(summary.requestBytes == 4)
            #expect(summary.responseBytes == 4)
            #expect(summary.duration > .zero)
            let firstByte = try #require(summary.upstreamFirstByte)
            let whole = try #require(summary.upstreamDuration)
            #expect(firstByte <= whole)
            let end = try #require(summary.upstreamEnd)
            #expect(whole <= end)
            #expect(end <= summary.duration)
            #expect(summary.upstreamStatus == 200)
        }
    }

    @Test func anAddressInUseIsAnErrorOfStart() async throws {
        try await ProxyHarness.run { proxy in
            let second = try await ProxyServer(
                configuration: .init(listeners: [.init(host: "127.0.0.1", port: proxy.port)]),
                filter: proxy.filter,
                group: proxy.group,
                logger: .init(label: "test")
            )
            await #expect(throws: IOError.self) { try await second.start() }
            await second.shutdown(deadline: .now())
        }
    }
}

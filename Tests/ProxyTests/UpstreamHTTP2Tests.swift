import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import Upstream

@testable import Proxy

/// An upstream that speaks HTTP/2: the same to the client, on one connection.
@Suite(.timeLimit(.minutes(2))) struct UpstreamHTTP2Tests {
    private static func get(_ path: String) -> String {
        "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    }

    private static func expectHello(_ proxy: ProxyHarness) async throws {
        let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
        #expect(answer.hasSuffix("hello"))
    }

    private func run(limits: UpstreamLimits = .init(), _ body: (ProxyHarness) async throws -> Void) async throws {
        try await ProxyHarness.run(upstreamLimits: limits, http2: .always, originSpeaksHTTP2: true, body)
    }

    @Test func requestsAndAnswersAreCarriedWithTheirBodies() async throws {
        try await self.run { proxy in
            let client = try await proxy.connect()
            for round in 1...3 {
                try await client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                try await client.wait { $0.components(of: "body") == round }
            }
            try await client.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"
            )
            try await client.wait { $0.contains("abcdef") }
            #expect(proxy.origin.shared == 1)
            #expect(proxy.origin.requests.count == 4)
            let head = try #require(proxy.origin.requests.first?.head)
            #expect(head.headers["host"] == ["127.0.0.1:\(proxy.origin.port)"])
            #expect(head.headers["x-forwarded-for"] == ["127.0.0.1"])
            #expect(head.headers["connection"] == [])
        }
    }

    @Test func exchangesAtATimeShareTheConnection() async throws {
        try await self.run { proxy in
            _ = try await RawClient.exchange(Self.get("/"), with: proxy)
            try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<40 {
                    group.addTask { try await RawClient.exchange(Self.get("/headers?\(number)"), with: proxy) }
                }
                var numbers: Set<Substring> = []
                for try await answer in group {
                    #expect(answer.hasPrefix("HTTP/1.1 200 "))
                    if let body = answer.split(separator: "\r\n\r\n").last {
                        numbers.insert(body.prefix { $0 != "\n" })
                    }
                }
                #expect(numbers.count == 40)
            }
            #expect(proxy.origin.shared == 1)
        }
    }

    @Test func aStreamedAnswerComesAsItIsSent() async throws {
        try await self.run { proxy in
            let client = try await proxy.connect()
            try await client.send(Self.get("/held-events"))
            try await client.wait { $0.contains("data: first\n\n") }
            #expect(!client.text.contains("second"))
            proxy.origin.goOn()
            #expect(try await client.readToEnd().contains("data: second\n\n"))
        }
    }

    @Test func aClientThatLeavesEndsItsStreamAndNoOther() async throws {
        try await self.run { proxy in
            let staying = try await proxy.connect()
            try await staying.send(Self.get("/held-events"))
            try await staying.wait { $0.contains("data: first\n\n") }
            let leaving = try await proxy.connect()
            try await leaving.send(Self.get("/endless"))
            try await leaving.wait { $0.contains("zzzz") }
            try await leaving.close()
            #expect(try await eventually { proxy.origin.closed == 1 })
            proxy.origin.goOn()
            #expect(try await staying.readToEnd().contains("data: second\n\n"))
            #expect(proxy.origin.shared == 1)
        }
    }

    @Test func anAnswerThatNobodyReadsIsNotPouredIntoMemory() async throws {
        try await self.run { proxy in
            let client = try await proxy.connect(autoRead: false)
            try await client.send(Self.get("/endless"))
            #expect(try await eventually { proxy.origin.bytesWritten > 0 })
            // Until there is room for no more.
            var before = -1
            for _ in 0..<400 where before != proxy.origin.bytesWritten {
                before = proxy.origin.bytesWritten
                try await Task.sleep(for: .milliseconds(50))
            }
            #expect(before == proxy.origin.bytesWritten)
            #expect(proxy.origin.bytesWritten < 16 * 1024 * 1024)
        }
    }

    @Test func aConnectionThatEndedIsReplaced() async throws {
        try await self.run { proxy in
            for round in 1...3 {
                try await Self.expectHello(proxy)
                #expect(proxy.origin.shared == round)
                proxy.origin.hangUp()
            }
        }
    }

    @Test func anAnswerThatBreaksOffIsAnError() async throws {
        try await ProxyHarness.run(
            ScriptedFilter.inspecting(hold: 1000),
            http2: .always,
            originSpeaksHTTP2: true
        ) { proxy in
            let answer = try await RawClient.exchange(Self.get("/half"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502 "))
            try await Self.expectHello(proxy)
        }
    }

    @Test func aConnectionThatIsOldIsNotUsedAgain() async throws {
        try await self.run(limits: .init(connectionAge: .nanoseconds(1))) { proxy in
            for _ in 1...3 { try await Self.expectHello(proxy) }
            #expect(proxy.origin.shared == 3)
        }
        try await ProxyHarness.run(upstreamLimits: .init(connectionAge: .nanoseconds(1))) { proxy in
            for _ in 1...3 { try await Self.expectHello(proxy) }
            #expect(proxy.origin.connections == 3)
        }
    }

    @Test func byTLSTheTwoAgreeOnWhatTheyBothSpeak() async throws {
        let certificates = try TestCertificates()
        let both = (server: certificates.server, client: certificates.eitherClient)
        try await ProxyHarness.run(http2: .auto, originTLS: both, originSpeaksHTTP2: true) { proxy in
            for _ in 1...3 { try await Self.expectHello(proxy) }
            #expect(proxy.origin.shared == 1)
        }
        let old = (server: certificates.http1Server, client: certificates.eitherClient)
        try await ProxyHarness.run(http2: .auto, originTLS: old) { proxy in
            for _ in 1...3 { try await Self.expectHello(proxy) }
            #expect(proxy.origin.connections == 1)
        }
    }

    @Test func aServerThatSpeaksNoHTTP2ThoughItShouldIsAnError() async throws {
        try await ProxyHarness.run(http2: .always) { proxy in
            let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502 "))
        }
        let certificates = try TestCertificates()
        let untrusted = (server: try TestCertificates().server, client: certificates.eitherClient)
        try await ProxyHarness.run(http2: .auto, originTLS: untrusted, originSpeaksHTTP2: true) { proxy in
            let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 502 "))
            #expect(answer.contains("upstream_tls_failed"))
        }
    }

    @Test(arguments: [HTTP2Use.auto, .always])
    func aHandshakeThatIsLeftUnansweredIsGivenUpInTheTimeToConnect(use: HTTP2Use) async throws {
        let certificates = try TestCertificates()
        let stall = try await StalledOrigin.start()
        try await ProxyHarness.run(
            timeouts: .init(connect: .milliseconds(300)),
            http2: use,
            originTLS: (server: certificates.server, client: certificates.eitherClient),
            upstreamPort: stall.port
        ) { proxy in
            for _ in 1...3 {
                let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
                #expect(answer.hasPrefix("HTTP/1.1 504 "))
                #expect(answer.contains("upstream_connect_timeout"))
            }
            // Requests that came later did not all wait for the first handshake.
            #expect(stall.connections > 1)
        }
        try await stall.stop()
    }

    private func run(
        _ script: ScriptedFilter.Script = .init(),
        timeouts: UpstreamTimeouts = .init(),
        at origin: RawOrigin,
        _ body: (ProxyHarness) async throws -> Void
    ) async throws {
        try await ProxyHarness.run(script, timeouts: timeouts, http2: .always, upstreamPort: origin.port, body)
        try await origin.stop()
    }

    @Test func anExchangeThatEndedIsNotReset() async throws {
        let origin = try await RawOrigin.http2 { _, stream in RawOrigin.answer("fine", stream: stream) }
        try await self.run(at: origin) { proxy in
            let client = try await proxy.connect()
            for round in 1...20 {
                try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
                try await client.wait { $0.components(of: "fine") == round }
            }
            #expect(origin.connections.count == 1)
            #expect(origin.streams == 20)
            #expect(origin.frames.count { $0.kind == RawFrame.Kind.reset.rawValue } == 0)
        }
    }

    @Test func anInterimHeadIsNotTheAnswer() async throws {
        let origin = try await RawOrigin.http2 { _, stream in
            let hint = RawFrame.block([(":status", "103"), ("link", "</a>")])
            return [RawFrame(.headers, flags: RawFrame.endHeaders, stream: stream, hint)]
                + RawOrigin.answer("real", stream: stream)
        }
        try await self.run(at: origin) { proxy in
            let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.hasSuffix("real") || answer.contains("\r\nreal\r\n"))
        }
    }

    @Test func aConnectionThatLeavesARequestUnansweredGetsNoMore() async throws {
        let origin = try await RawOrigin.http2 { connection, stream in
            connection == 1 ? [] : RawOrigin.answer("fine", stream: stream)
        }
        try await self.run(timeouts: .init(firstByte: .milliseconds(500)), at: origin) { proxy in
            let first = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(first.contains("upstream_first_byte_timeout"))
            let second = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(second.contains("fine"))
            #expect(origin.connections.count == 2)
        }
    }

    @Test func aConnectionOnWhichThePeerSpeaksOfAStreamThatThereIsNotGetsNoMore() async throws {
        let origin = try await RawOrigin.http2 { connection, stream in
            let answer = RawOrigin.answer("fine", stream: stream)
            return connection == 1 ? answer + [RawFrame(.data, stream: 99, Array("stray".utf8))] : answer
        }
        try await self.run(at: origin) { proxy in
            for round in 1...2 {
                let answer = try await RawClient.exchange(Self.get("/"), with: proxy)
                #expect(answer.contains("fine"))
                #expect(origin.connections.count == round)
            }
        }
    }

    @Test func aStreamThatBreaksIsNotAskedTwice() async throws {
        let origin = try await RawOrigin.http2 { _, stream in
            [RawFrame(.reset, stream: stream, RawFrame.word(HTTP2Client.internalError))]
        }
        try await self.run(ScriptedFilter.inspecting(), at: origin) { proxy in
            let answer = try await RawClient.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody",
                with: proxy
            )
            #expect(answer.contains("upstream_closed_early"))
            #expect(origin.streams == 1)
        }
    }

    @Test(arguments: [true, false])
    func aStreamThatThePeerDidNotBeginWithIsAskedAgain(byGoAway: Bool) async throws {
        let origin = try await RawOrigin.http2 { connection, stream in
            if (connection, stream) != (1, 1) { return RawOrigin.answer("fine", stream: stream) }
            return byGoAway
                ? [RawFrame(.goAway, RawFrame.word(0) + RawFrame.word(HTTP2Client.noError))]
                : [RawFrame(.reset, stream: stream, RawFrame.word(HTTP2Client.refusedStream))]
        }
        try await self.run(ScriptedFilter.inspecting(), at: origin) { proxy in
            let answer = try await RawClient.exchange(
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody",
                with: proxy
            )
            #expect(answer.contains("fine"))
            #expect(origin.streams == 2)
            #expect(origin.connections.count == (byGoAway ? 2 : 1))
        }
    }

    /// Answers that are no message of HTTP/2 as it should be.
    enum BadAnswer: CaseIterable {
        case tooShort, fieldOfTheConnection, upperCaseName, trailersThatEndNothing

        func frames(_ stream: UInt32) -> [RawFrame] {
            switch self {
            case .tooShort:
                [
                    self.head([("content-length", "100")], stream),
                    RawFrame(.data, flags: RawFrame.endStream, stream: stream, Array(repeating: 0x61, count: 50)),
                ]
            case .fieldOfTheConnection: [self.head([("connection", "close")], stream)]
            case .upperCaseName: [self.head([("X-Upper", "1")], stream)]
            case .trailersThatEndNothing:
                [
                    self.head([], stream),
                    RawFrame(
                        .headers,
                        flags: RawFrame.endHeaders,
                        stream: stream,
                        RawFrame.block([("x-trailer", "1")])
                    ),
                ]
            }
        }

        private func head(_ fields: [(String, String)], _ stream: UInt32) -> RawFrame {
            RawFrame(
                .headers,
                flags: RawFrame.endHeaders,
                stream: stream,
                RawFrame.block([(":status", "200")] + fields)
            )
        }
    }

    @Test(arguments: BadAnswer.allCases)
    func anAnswerThatIsNotAsItShouldBeEndsItsStreamAndNoOther(bad: BadAnswer) async throws {
        let origin = try await RawOrigin.http2 { _, stream in
            switch stream {
            case 1: Self.half("first", stream)
            case 3: bad.frames(stream)
            default:
                [RawFrame(.data, flags: RawFrame.endStream, stream: 1, Array("rest".utf8))]
                    + RawOrigin.answer("fine", stream: stream)
            }
        }
        try await self.run(at: origin) { proxy in
            let staying = try await proxy.connect()
            try await staying.send(Self.get("/"))
            try await staying.wait { $0.contains("first") }
            _ = try await RawClient.exchange(Self.get("/"), with: proxy)
            #expect(try await eventually { proxy.filter.summaries.map(\.error) == ["upstream_closed_early"] })
            #expect(try await RawClient.exchange(Self.get("/"), with: proxy).contains("fine"))
            #expect(try await staying.readToEnd().contains("rest"))
            #expect(origin.connections.count == 1)
        }
    }

    /// The beginning of an answer.
    private static func half(_ text: String, _ stream: UInt32) -> [RawFrame] {
        [
            RawFrame(.headers, flags: RawFrame.endHeaders, stream: stream, RawFrame.block([(":status", "200")])),
            RawFrame(.data, stream: stream, Array(text.utf8)),
        ]
    }

    /// The connections to an origin, without a proxy before them.
    private static func cluster(
        of origin: RawOrigin,
        on loop: any EventLoop
    ) async throws -> NIOLoopBound<UpstreamCluster> {
        var peer = UpstreamPeer.http(host: "127.0.0.1", port: origin.port)
        peer.http2 = .always
        let servers = UpstreamServers(peer)
        return try await loop.submit {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            return NIOLoopBound(UpstreamCluster(servers, eventLoop: loop, logger: logger), eventLoop: loop)
        }.get()
    }

    private static func ask(_ cluster: NIOLoopBound<UpstreamCluster>, on loop: any EventLoop) async throws -> String {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        let answer = try await loop.flatSubmit {
            WholeExchange.run(head, body: .none, on: cluster.value)
        }.get()
        return String(buffer: answer.body)
    }

    @Test(arguments: [RawFrame.Kind.ping, .reset, .data])
    func whatWouldBeAFloodOfAClientIsBorneFromAnUpstream(kind: RawFrame.Kind) async throws {
        let origin = try await RawOrigin.http2 { _, stream in
            guard stream > 1 else { return RawOrigin.answer("fine", stream: stream) }
            let frame =
                switch kind {
                case .ping: RawFrame(kind, Array(repeating: 0, count: 8))
                case .reset: RawFrame(kind, stream: 1, RawFrame.word(HTTP2Client.refusedStream))
                default: RawFrame(kind, stream: stream)
                }
            return Self.half("fi", stream) + Array(repeating: frame, count: 250)
                + [RawFrame(.data, flags: RawFrame.endStream, stream: stream, Array("ne".utf8))]
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let cluster = try await Self.cluster(of: origin, on: loop)
        for _ in 1...3 { #expect(try await Self.ask(cluster, on: loop) == "fine") }
        #expect(origin.connections.count == 1)
        try await loop.submit { cluster.value.shutDown() }.get()
        try await origin.stop()
    }

    @Test func whatStillComesOnStreamsThatWereCalledOffLeavesTheConnectionAlone() async throws {
        let origin = try await RawOrigin.http2 { _, stream in
            switch stream {
            case 1: RawOrigin.answer("fine", stream: stream)
            case 3...81: Self.half("half", stream)
            default:
                stride(from: UInt32(3), through: 81, by: 2).map { RawFrame(.data, stream: $0, Array("late".utf8)) }
                    + RawOrigin.answer("fine", stream: stream)
            }
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let cluster = try await Self.cluster(of: origin, on: loop)
        #expect(try await Self.ask(cluster, on: loop) == "fine")
        let leaving = (0..<40).map { _ in Ongoing() }
        try await loop.submit {
            for exchange in leaving { exchange.start(on: cluster.value) }
        }.get()
        #expect(try await eventually { leaving.allSatisfy { $0.text == "half" } })
        try await loop.submit {
            for exchange in leaving { exchange.cancel() }
        }.get()
        #expect(try await Self.ask(cluster, on: loop) == "fine")
        #expect(origin.connections.count == 1)
        try await loop.submit { cluster.value.shutDown() }.get()
        try await origin.stop()
    }

    @Test func aConnectionOnWhichManyBreakOffIsLeftToThoseThatStay() async throws {
        let origin = try await RawOrigin.http2 { connection, stream in
            connection == 1 && stream > 1 ? Self.half("half", stream) : RawOrigin.answer("fine", stream: stream)
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let cluster = try await Self.cluster(of: origin, on: loop)
        #expect(try await Self.ask(cluster, on: loop) == "fine")
        let staying = Ongoing()
        let leaving = (0..<50).map { _ in Ongoing() }
        try await loop.submit {
            staying.start(on: cluster.value)
            for exchange in leaving { exchange.start(on: cluster.value) }
        }.get()
        #expect(try await eventually { staying.text == "half" && leaving.allSatisfy { $0.text == "half" } })
        try await loop.submit {
            for exchange in leaving { exchange.cancel() }
        }.get()
        #expect(try await Self.ask(cluster, on: loop) == "fine")
        #expect(origin.connections.count == 2)
        #expect(staying.failure == nil)
        try await loop.submit {
            staying.cancel()
            cluster.value.shutDown()
        }.get()
        try await origin.stop()
    }

    @Test func aStreamThatNobodyWaitsForAnyMoreIsNotUsedOnceTheConnectionEnds() async throws {
        let origin = try await RawOrigin.http2 { connection, stream in
            guard (connection, stream) == (1, 3) else { return RawOrigin.answer("fine", stream: stream) }
            // It will be answered, and nothing after it.
            return [
                RawFrame(.headers, flags: RawFrame.endHeaders, stream: stream, RawFrame.block([(":status", "200")])),
                RawFrame(.goAway, RawFrame.word(stream) + RawFrame.word(HTTP2Client.noError)),
                RawFrame(.data, stream: stream, Array("half".utf8)),
            ]
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let cluster = try await Self.cluster(of: origin, on: loop)
        #expect(try await Self.ask(cluster, on: loop) == "fine")
        let (leaving, staying) = (Ongoing(), Ongoing())
        try await loop.submit {
            // A stream is opened for each, and only one of them is still wanted then.
            leaving.start(on: cluster.value)
            staying.start(on: cluster.value)
            leaving.cancel()
        }.get()
        #expect(try await eventually { staying.text == "half" })
        #expect(try await Self.ask(cluster, on: loop) == "fine")
        #expect(staying.failure == nil)
        #expect(origin.connections.count == 2)
        try await loop.submit {
            staying.cancel()
            cluster.value.shutDown()
        }.get()
        try await origin.stop()
    }
}

/// A GET and what has come of it so far, to be seen from any thread.
private final class Ongoing: UpstreamExchangeDelegate, Sendable {
    private let exchange = Mutex<NIOLoopBound<UpstreamExchange>?>(nil)
    private let seen = Mutex((text: "", failure: UpstreamError?.none))

    var text: String { self.seen.withLock { $0.text } }
    var failure: UpstreamError? { self.seen.withLock { $0.failure } }

    func start(on cluster: UpstreamCluster) {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        let exchange = UpstreamExchange(cluster: cluster, head: head, body: .none, delegate: self)
        let bound = NIOLoopBound(exchange, eventLoop: cluster.eventLoop)
        self.exchange.withLock { $0 = bound }
        exchange.start()
    }

    func cancel() { self.exchange.withLock { $0 }?.value.cancel() }

    private func demand() { self.exchange.withLock { $0 }?.value.demand() }

    func upstreamWritabilityChanged(_ isWritable: Bool) {}
    func upstreamAnswered(_ head: HTTPResponseHead) { self.demand() }
    func upstreamSent(_ chunk: ByteBuffer) { self.seen.withLock { $0.text += String(buffer: chunk) } }
    func upstreamReadCompleted() { self.demand() }
    func upstreamFinished() {}
    func upstreamFailed(_ error: UpstreamError) { self.seen.withLock { $0.failure = error } }
}

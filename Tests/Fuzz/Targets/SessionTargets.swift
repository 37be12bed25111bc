import Foundation
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Proxy

extension FuzzTarget {
    /// Reads the bytes as a client's HTTP/1 connection, in one piece, in two, and in small ones. However they are cut, the same
    /// requests must come out; none of them may hold what another reader could take for something else; and what is answered
    /// must be whole answers.
    static func serveHTTP1(_ input: UnsafeRawBufferPointer) -> Bool {
        let whole = Conversation(input, pieces: input.count)
        let sum = input.reduce(0) { $0 &* 31 &+ UInt32($1) }
        whole.compare(Conversation(input, pieces: 1 + Int(sum) % max(1, input.count)))
        whole.compare(Conversation(input, pieces: 1 + Int(sum) % 7))
        whole.check()
        return !whole.heads.isEmpty
    }
}

/// What became of one connection.
private struct Conversation {
    private(set) var heads: [HTTPRequestHead] = []
    private(set) var statuses: [String] = []
    private let answers: [UInt8]

    init(_ input: UnsafeRawBufferPointer, pieces: Int) {
        let channel = EmbeddedChannel()
        let filter = RecordingFilter()
        let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
        try? DetachedConnection.serveHTTP1(on: channel, filter: filter, logger: logger)
        if let address = try? SocketAddress(unixDomainSocketPath: "/fuzz") {
            channel.connect(to: address, promise: nil)
        }
        for start in stride(from: 0, to: input.count, by: max(1, pieces)) where channel.isActive {
            let piece = UnsafeRawBufferPointer(rebasing: input[start..<min(start + pieces, input.count)])
            channel.pipeline.syncOperations.fireChannelRead(NIOAny(ByteBuffer(bytes: piece)))
            channel.pipeline.syncOperations.fireChannelReadComplete()
        }
        channel.embeddedEventLoop.run()
        var answers: [UInt8] = []
        while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { answers += bytes.readableBytesView }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        heads = filter.heads
        self.answers = answers
        statuses = Self.statuses(answers)
    }

    /// The status lines, each of a whole answer: every answer here has a length.
    private static func statuses(_ bytes: [UInt8]) -> [String] {
        var statuses: [String] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else { preconditionFailure("half a head") }
            let lines = String(decoding: rest[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
            precondition(lines[0].hasPrefix("HTTP/1.1 "), "no status line")
            statuses.append(lines[0])
            let length = lines.dropFirst().first { $0.lowercased().hasPrefix("content-length: ") }
                .flatMap { Int($0.dropFirst(16)) }
            let isEmpty = ["HTTP/1.1 100", "HTTP/1.1 204", "HTTP/1.1 304"].contains { lines[0].hasPrefix($0) }
            let isHead = lines.contains("x-head: 1")
            let count = isEmpty || isHead ? 0 : length ?? 0
            precondition(rest.distance(from: end.upperBound, to: rest.endIndex) >= count, "half a body")
            rest = rest[(end.upperBound + count)...]
        }
        return statuses
    }

    /// How many requests are served depends on time: an answer that is out before the request's body has come ends the
    /// connection, and a client that sends many at once is refused. What they are does not.
    func compare(_ other: Self) {
        let common = min(heads.count, other.heads.count)
        precondition(heads.prefix(common) == other.heads.prefix(common), "what is asked depends on how it is cut")
        // The last one may be broken off.
        let answered = max(0, common - 1)
        func first(_ statuses: [String]) -> ArraySlice<String> {
            statuses.filter { !$0.hasPrefix("HTTP/1.1 100") }.prefix(answered)
        }
        precondition(first(statuses) == first(other.statuses), "what is answered depends on how it is cut")
    }

    func check() {
        precondition(statuses.count(where: { !$0.hasPrefix("HTTP/1.1 100") }) <= heads.count + 1)
        for head in heads {
            precondition(head.uri.hasPrefix("/") && !head.uri.utf8.contains { $0 <= 0x20 || $0 >= 0x7f })
            precondition(!head.uri.prefix { $0 != "?" }.split(separator: "/").contains { $0 == "." || $0 == ".." })
            precondition(head.headers["host"].count <= 1 && head.headers["content-length"].isEmpty)
            precondition(head.headers["transfer-encoding"].isEmpty && head.headers["connection"].isEmpty)
            for (name, value) in head.headers {
                precondition(
                    !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x3a && $0 != 0x5f }
                )
                precondition(!value.utf8.contains { ($0 < 0x20 && $0 != 9) || $0 == 0x7f })
            }
        }
    }
}

/// Answers at once: a short text, or as if there were an upstream.
private final class RecordingFilter: ProxyFilter, @unchecked Sendable {
    /// Touched by the one thread that fuzzes.
    var heads: [HTTPRequestHead] = []

    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession {
        heads.append(head)
        return Session(head)
    }

    private final class Session: FilterSession {
        private let head: HTTPRequestHead

        init(_ head: HTTPRequestHead) { self.head = head }

        func begin() -> RequestStart {
            // What reads an answer to HEAD has to know it for one.
            if head.method == .HEAD {
                return .reply(LocalReply(status: .ok, headers: ["x-head": "1"], body: .bytes(ByteBuffer())))
            }
            if head.uri.hasPrefix("/up") { return .pass(headers: head.headers) }
            return .reply(LocalReply(status: .ok, headers: [:], body: .bytes(ByteBuffer(string: "fine"))))
        }

        func request(body: ByteBuffer) async -> RequestOutcome { .forward(headers: [:], body: body) }
        func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment { .pass }
        func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome {
            .forward(head: head, body: body)
        }
        func observe(_ chunk: ByteBuffer) {}
        func finish(_ summary: ExchangeSummary) {}
    }
}

extension FuzzSeeds {
    static let conversations = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbodyGET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX: y\r\n\r\nHEAD /d HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/%41//b?c=%2f HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: x, close\r\nX: y\r\n\r\n",
        "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
        "GET / HTTP/1.0\r\n\r\n",
    ]
}

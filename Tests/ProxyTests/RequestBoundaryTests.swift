import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct RequestBoundaryTests {
    /// Gives bytes to a real parser as the tap does.
    private final class Feed {
        private let channel = EmbeddedChannel()
        private(set) var boundary = RequestBoundary()

        init() throws {
            try self.channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
        }

        /// - Returns: whether the bytes ended within a head.
        func give(_ text: String) throws -> Bool {
            var rest = ByteBuffer(string: text)
            while rest.readableBytes > 0 {
                let wereChunks = self.boundary.isInChunks
                guard let piece = rest.readSlice(length: self.boundary.next(of: rest)), piece.readableBytes > 0 else {
                    Issue.record("nothing is next of \(rest.readableBytes) bytes")
                    break
                }
                try self.channel.writeInbound(piece)
                while let part = try self.channel.readInbound(as: HTTPServerRequestPart.self) {
                    self.boundary.parsed(part)
                }
                self.boundary.gave(piece, wereChunks: wereChunks)
            }
            return self.boundary.isWithinHead
        }
    }

    private static let requests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\na\n\n\r\nb",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ]

    @Test(arguments: Self.requests)
    func `a request that is whole leaves nothing behind`(request: String) throws {
        let feed = try Feed()
        for _ in 1...3 {
            let isWithinHead = try feed.give(request)
            #expect(!isWithinHead)
        }
        let isWithinHead = try feed.give(request + Self.requests.joined())
        #expect(!isWithinHead)
    }

    @Test(
        arguments: Self.requests,
        ["GET / HT|TP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n|\r\n", "GET / HTTP/1.1\r\nX: y|\r\n\r\n"]
    )
    func `half a head behind a request is seen, and its end`(request: String, next: String) throws {
        let halves = next.split(separator: "|").map(String.init)
        let feed = try Feed()
        var isWithinHead = try feed.give(request + halves[0])
        #expect(isWithinHead)
        isWithinHead = try feed.give(halves[1])
        #expect(!isWithinHead)
    }

    @Test func `a body in pieces is no head`() throws {
        let feed = try Feed()
        for piece in ["POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\n", "a\n\n", "\n\n", "bcd"] {
            let isWithinHead = try feed.give(piece)
            #expect(!isWithinHead)
        }
        let isWithinHead = try feed.give("G")
        #expect(isWithinHead)
    }
}

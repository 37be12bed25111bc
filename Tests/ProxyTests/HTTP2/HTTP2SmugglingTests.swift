import NIOHTTP1
import Synchronization
import Testing

@testable import Proxy

/// Requests over HTTP/2 that would be something else once they are written as HTTP/1.1. None of them reaches the origin,
/// and the connection's other streams go on.
@Suite(.timeLimit(.minutes(2))) struct HTTP2SmugglingTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var fields: [(String, String)] = []
        var method = "GET"
        var scheme = "https"
        var path = "/"
        var authority: String? = "a"
        /// The status of the answer, if there is one; 400 where it is nil.
        var status: String?

        var testDescription: String { self.name }

        var head: [(String, String)] {
            [(":method", self.method), (":scheme", self.scheme), (":path", self.path)]
                + (self.authority.map { [(":authority", $0)] } ?? []) + self.fields
        }
    }

    static let refused: [Refused] = [
        // Pseudo-fields that would break out of the request line
        .init(name: "a request in the method", method: "GET / HTTP/1.1\r\nHost: b\r\n\r\nGET"),
        .init(name: "a space in the method", method: "GET /smuggled", status: "400"),
        .init(name: "a line feed in the path", path: "/ HTTP/1.1\r\nHost: b\r\n\r\nGET /smuggled"),
        .init(name: "a space in the path", path: "/ HTTP/1.1", status: "400"),
        .init(name: "a tab in the path", path: "/\tx"),
        .init(name: "a path in absolute form", path: "http://b/", status: "400"),
        .init(name: "a path in asterisk form", method: "OPTIONS", path: "*", status: "400"),
        .init(name: "a path without a slash", path: "admin", status: "400"),
        .init(name: "an empty path", path: ""),
        .init(name: "dot segments in the path", path: "/a/../smuggled", status: "400"),
        .init(name: "a line feed in the authority", authority: "a\r\nx: y"),
        .init(name: "a path in the authority", authority: "a/smuggled", status: "400"),
        .init(name: "user information in the authority", authority: "u@a", status: "400"),
        .init(name: "a scheme that is a request", scheme: "https://b/ HTTP/1.1", status: "400"),
        .init(name: "another host beside the authority", fields: [("host", "b")], status: "400"),
        .init(
            name: "two hosts and no authority",
            fields: [("host", "a"), ("host", "b")],
            authority: nil,
            status: "400"
        ),
        .init(name: "no host at all", authority: nil, status: "400"),
        .init(name: "CONNECT with a path", method: "CONNECT"),
        .init(name: "TRACE", method: "TRACE", status: "405"),
        // Fields that would break out of their line
        .init(name: "a line feed in a value", fields: [("x", "y\r\nsmuggled: 1")]),
        .init(name: "a bare line feed in a value", fields: [("x", "y\nsmuggled: 1")]),
        .init(name: "a bare carriage return in a value", fields: [("x", "y\rsmuggled: 1")]),
        .init(name: "a NUL in a value", fields: [("x", "y\0z")]),
        .init(name: "a control in a value", fields: [("x", "y\u{1}z")], status: "400"),
        .init(name: "a colon in a name", fields: [("x: y", "z")]),
        .init(name: "a line feed in a name", fields: [("x\r\ny", "z")]),
        .init(name: "a space in a name", fields: [("x y", "z")]),
        .init(name: "a name in upper case", fields: [("X", "z")]),
        .init(name: "an underscore in a name", fields: [("content_length", "9")], status: "400"),
        // Fields of a connection
        .init(name: "transfer-encoding", fields: [("transfer-encoding", "chunked")]),
        .init(name: "connection", fields: [("connection", "x-forwarded-for")]),
        .init(name: "upgrade", fields: [("upgrade", "h2c")]),
        .init(name: "keep-alive", fields: [("keep-alive", "1")]),
        .init(name: "te other than trailers", fields: [("te", "gzip")]),
        // Framing
        .init(name: "a length without a body", fields: [("content-length", "9")]),
        .init(name: "a length that is no number", fields: [("content-length", "9a")]),
        .init(name: "a negative length", fields: [("content-length", "-1")]),
        .init(name: "a length with a sign", fields: [("content-length", "+0")], status: "400"),
        .init(name: "two lengths", fields: [("content-length", "0"), ("content-length", "9")]),
        // Pseudo-fields out of place
        .init(name: "two paths", fields: [(":path", "/smuggled")]),
        .init(name: "a pseudo-field after the fields", fields: [("x", "y"), (":authority", "b")], authority: nil),
        .init(name: "an unknown pseudo-field", fields: [(":secret", "1")]),
        .init(name: "a pseudo-field of answers", fields: [(":status", "200")]),
        // Fields that may come once
        .init(name: "two authorizations", fields: [("authorization", "a"), ("authorization", "b")], status: "400"),
    ]

    @Test func `ambiguous requests are refused and reach nobody`() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            for refused in Self.refused {
                let client = try await HTTP2Client.connect(to: proxy, certificates)
                try await client.send(HTTP2Client.headers(refused.head, stream: 1, ends: true))
                let answer = try await client.end(of: 1)
                // Malformed messages reset their stream (RFC 9113, 8.1.1); what is well-formed is answered.
                let isReset = answer.status == "" && answer.reset == HTTP2Client.protocolError
                #expect(isReset || answer.status == refused.status ?? "400", "\(refused.name): \(answer)")
                #expect(proxy.origin.requests.isEmpty, "\(refused.name) reached the origin")
                try await client.send(HTTP2Client.get("/after", stream: 3))
                let after = try await client.end(of: 3)
                #expect(after.text == "hello", "after \(refused.name): \(after)")
                #expect(proxy.origin.requests.map(\.head.uri) == ["/after"], "\(refused.name)")
                proxy.origin.seen.withLock { $0.requests = [] }
                try await client.raw.close()
            }
        }
    }

    @Test func `a body that is longer or shorter than its length reaches the upstream as no whole request`()
        async throws
    {
        let certificates = try TestCertificates()
        for body in ["1234567", "123"] {
            try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
                let client = try await HTTP2Client.connect(to: proxy, certificates)
                try await client.send(
                    HTTP2Client.post("/echo", stream: 1, [("content-length", "5")]),
                    HTTP2Client.data(body, stream: 1, ends: true)
                )
                let answer = try await client.end(of: 1)
                #expect(answer.reset == HTTP2Client.protocolError)
                #expect(!proxy.origin.requests.contains { $0.isComplete })
            }
        }
    }

    @Test func `fields by which only a proxy may speak are dropped`() async throws {
        let certificates = try TestCertificates()
        try await ProxyHarness.run(tls: (certificates.server, certificates.client)) { proxy in
            let client = try await HTTP2Client.connect(to: proxy, certificates)
            let fields = [("x-forwarded-for", "6.6.6.6"), ("x-request-id", "mine"), ("forwarded", "for=6.6.6.6")]
            try await client.send(HTTP2Client.get("/headers", stream: 1, fields))
            let answer = try await client.end(of: 1)
            #expect(!answer.text.contains("6.6.6.6") && !answer.text.contains("mine"))
            #expect(answer.text.contains("x-forwarded-for: 127.0.0.1"))
        }
    }
}

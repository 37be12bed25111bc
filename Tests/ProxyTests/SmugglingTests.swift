import NIOHTTP1
import Synchronization
import Testing

@testable import Proxy

/// Requests that two readers could understand differently, sent as raw bytes. Either they are refused and nothing
/// reaches the origin, or what reaches it is exactly the one request that was meant.
@Suite(.timeLimit(.minutes(2))) struct SmugglingTests {
    /// A request that must be refused, and the word it is refused with.
    struct Refused: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: String
        var code: String
        var status = 400

        var testDescription: String { self.name }
    }

    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    static let refused: [Refused] = [
        // Framing
        .init(
            name: "a length among the trailers",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 9\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "CL.TE",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
            code: "malformed_request"
        ),
        .init(
            name: "TE.CL",
            bytes:
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n\(smuggled)",
            code: "malformed_request"
        ),
        .init(
            name: "two different lengths",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
            code: "malformed_request"
        ),
        .init(
            name: "the same length twice",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
            code: "malformed_request"
        ),
        .init(
            name: "a list of lengths",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd",
            code: "malformed_request"
        ),
        .init(
            name: "a length with a sign",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd",
            code: "malformed_request"
        ),
        .init(
            name: "a negative length",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a hexadecimal length",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd",
            code: "malformed_request"
        ),
        .init(
            name: "a length beyond all integers",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "an unknown coding",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            code: "bad_transfer_encoding"
        ),
        .init(
            name: "chunked not last",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "chunked after another coding",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            code: "bad_transfer_encoding"
        ),
        .init(
            name: "chunked twice",
            bytes:
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "identity",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
            code: "bad_transfer_encoding"
        ),
        .init(
            name: "chunked in HTTP/1.0",
            bytes: "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            code: "bad_transfer_encoding"
        ),
        .init(
            name: "a chunk size that is no number",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a chunk longer than it says",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n0\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a chunk size that overflows",
            bytes:
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n0\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a bare line feed in the chunk frame",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n",
            code: "malformed_request"
        ),
        // Lines and fields
        // The parser takes the line feed for a part of the version.
        .init(
            name: "bare line feeds",
            bytes: "GET / HTTP/1.1\nHost: a\n\n",
            code: "http_version_not_supported",
            status: 505
        ),
        .init(
            name: "a bare line feed after a field",
            bytes: "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a bare carriage return in a value",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a null byte in a value",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a folded line",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a folded coding",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a space before the colon",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a field without a name",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a field without a colon",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "a leading space before the first field",
            bytes: "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "an underscore twin",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 4\r\n\r\n",
            code: "underscore_header"
        ),
        .init(
            name: "a field twice that matters",
            bytes: "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n\r\n",
            code: "duplicate_header"
        ),
        // Host
        .init(name: "no host", bytes: "GET / HTTP/1.1\r\n\r\n", code: "missing_host"),
        .init(
            name: "two hosts",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            code: "duplicate_header"
        ),
        .init(name: "an empty host", bytes: "GET / HTTP/1.1\r\nHost:\r\n\r\n", code: "bad_host"),
        .init(name: "a host with a user", bytes: "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", code: "bad_host"),
        .init(name: "a host with a path", bytes: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", code: "bad_host"),
        .init(
            name: "a target for another host",
            bytes: "GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n",
            code: "host_mismatch"
        ),
        // Target
        .init(name: "dot segments", bytes: "GET /a/../admin HTTP/1.1\r\nHost: a\r\n\r\n", code: "bad_target"),
        .init(name: "encoded dots", bytes: "GET /a/%2e%2E/admin HTTP/1.1\r\nHost: a\r\n\r\n", code: "bad_target"),
        .init(name: "an encoded slash", bytes: "GET /a%2fb HTTP/1.1\r\nHost: a\r\n\r\n", code: "bad_target"),
        .init(name: "a backslash", bytes: "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", code: "bad_target"),
        .init(name: "an encoded null", bytes: "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", code: "bad_target"),
        .init(name: "a fragment", bytes: "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", code: "bad_target"),
        .init(name: "a space in the target", bytes: "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", code: "malformed_request"),
        // Method and version
        .init(
            name: "a tunnel",
            bytes: "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
            code: "method_not_allowed",
            status: 405
        ),
        .init(name: "a trace", bytes: "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", code: "method_not_allowed", status: 405),
        .init(
            name: "HTTP/2 by prior knowledge",
            bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            code: "malformed_request"
        ),
        .init(
            name: "HTTP/1.2",
            bytes: "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
            code: "http_version_not_supported",
            status: 505
        ),
        .init(name: "HTTP/0.9", bytes: "GET /\r\n", code: "malformed_request"),
        .init(name: "no HTTP at all", bytes: "\u{16}\u{3}\u{1}\u{0}hello\r\n\r\n", code: "malformed_request"),
        .init(
            name: "an unknown expectation",
            bytes: "GET / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n",
            code: "expectation_failed",
            status: 417
        ),
    ]

    @Test(arguments: refused)
    func isRefusedAndNothingReachesTheOrigin(_ request: Refused) async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            let answer = try await RawClient.exchange(request.bytes + Self.smuggled, with: proxy)
            #expect(answer.hasPrefix("HTTP/1.1 \(request.status) "), "\(answer)")
            #expect(answer.contains("\"code\":\"\(request.code)\""), "\(answer)")
            #expect(answer.contains("x-request-id: "))
            #expect(answer.components(of: "HTTP/1.1 ") == 1, "one answer, then the end")
            #expect(proxy.origin.requests.isEmpty)
        }
    }

    @Test func whatIsRefusedDripByDripIsRefusedAsWell() async throws {
        try await ProxyHarness.run { proxy in
            let bytes = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
            let client = try await proxy.connect()
            // It is refused as soon as it is wrong; the rest has nowhere to go.
            for byte in bytes.utf8 { try? await client.send([byte]) }
            let answer = try await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(proxy.origin.requests.isEmpty)
        }
    }

    @Test(arguments: [
        ("//v1///chat", "/v1/chat"), ("/v1/%63hat", "/v1/chat"), ("/a%20b?c=%2F", "/a%20b?c=%2F"),
        ("/.well-known", "/.well-known"),
        ("http://a/x?y", "/x?y"), ("http://A", "/"),
    ])
    func isNormalisedBeforeAnybodyDecides(target: String, expected: String) async throws {
        try await ProxyHarness.run { proxy in
            _ = try await RawClient.exchange(
                "GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(proxy.origin.requests.map(\.head.uri) == [expected])
            #expect(proxy.filter.seen.withLock { $0.heads.map(\.uri) } == [expected])
        }
    }

    @Test func theUpstreamGetsOneFramingOfItsOwn() async throws {
        try await ProxyHarness.run(ScriptedFilter.inspecting()) { proxy in
            _ = try await RawClient.exchange(
                "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close, content-length\r\nTransfer-Encoding: Chunked\r\n\r\n"
                    + "2;x=\"y\"\r\nab\r\n0\r\nX-Trailer: 9\r\n\r\n",
                with: proxy
            )
            let request = try #require(proxy.origin.requests.first)
            #expect(request.head.headers["content-length"] == ["2"])
            #expect(request.head.headers["transfer-encoding"] == [])
            #expect(request.body == "ab")
        }
    }

    @Test func aSecondRequestInTheSameBytesIsASecondRequest() async throws {
        try await ProxyHarness.run { proxy in
            _ = try await RawClient.exchange(
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                    + "GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
                with: proxy
            )
            #expect(proxy.origin.requests.map(\.head.uri) == ["/echo", "/second"])
            #expect(proxy.origin.requests.map(\.body) == ["abc", ""])
        }
    }
}

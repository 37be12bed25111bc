import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct HeaderHygieneTests {
    private func head(
        _ headers: HTTPHeaders,
        method: HTTPMethod = .POST,
        version: HTTPVersion = .http1_1
    ) -> HTTPRequestHead {
        HTTPRequestHead(version: version, method: method, uri: "/x", headers: headers)
    }

    private func check(_ headers: HTTPHeaders, version: HTTPVersion = .http1_1) throws(ProxyError) -> CheckedRequest {
        try HeaderHygiene.check(self.head(headers, version: version), limits: .init())
    }

    @Test func whatIsNotTheClientsToSayIsDropped() throws {
        let checked = try self.check([
            "Host": "a", "X-Forwarded-For": "1.2.3.4", "Forwarded": "for=x", "X-Real-IP": "1.2.3.4",
            "X-Request-ID": "x",
            "Connection": "close, X-Hop", "X-Hop": "1", "Upgrade": "h2c", "HTTP2-Settings": "AAM", "Keep-Alive": "1",
            "Accept": "*/*",
        ])
        #expect(checked.head.headers.map(\.name) == ["Host", "Accept"])
        #expect(!checked.isKeepAlive)
    }

    @Test(arguments: ["X-Original-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
    func whatMakesTheRequestAnotherIsDropped(name: String) throws {
        let checked = try self.check(["Host": "a", name: "POST"])
        #expect(checked.head.headers.map(\.name) == ["Host"])
    }

    @Test func framingIsReadAndTakenOut() throws {
        let length = try self.check(["host": "a", "content-length": "12"])
        #expect(length.framing == .length(12))
        #expect(!length.head.headers.contains(name: "content-length"))
        #expect(try self.check(["host": "a", "content-length": "0"]).framing == .none)
        #expect(try self.check(["host": "a", "transfer-encoding": "Chunked"]).framing == .chunked)
        #expect(try self.check(["host": "a"]).framing == .none)
    }

    // The parser refuses most of these before; what checks them here does not rely on it.
    @Test(arguments: ["", "-1", "+1", "1 ", "0x1", "1,1", "٣", "99999999999999999999"])
    func aLengthIsDigitsAndNothingElse(length: String) {
        #expect(throws: ProxyError.badContentLength) { try self.check(["host": "a", "content-length": length]) }
    }

    @Test func conflictingFramingIsRefused() {
        #expect(throws: ProxyError.conflictingFraming) {
            try self.check(["host": "a", "content-length": "1", "transfer-encoding": "chunked"])
        }
        #expect(throws: ProxyError.badContentLength) {
            try self.check(["host": "a", "content-length": "1", "Content-Length": "1"])
        }
        for coding in ["gzip", "gzip, chunked", "chunked, chunked", "identity", "", "\u{b}chunked"] {
            #expect(throws: ProxyError.self, "\(coding)") {
                try self.check(["host": "a", "transfer-encoding": coding])
            }
        }
    }

    @Test(arguments: ["a\rb", "a\nb", "a\0b", "a\u{1}b", "a\u{7f}b", "a\u{fffd}b"])
    func aValueWithAControlIsRefused(value: String) {
        #expect(throws: ProxyError.badHeader) { try self.check(["host": "a", "x": value]) }
    }

    @Test(arguments: ["", "a b", "a:", "a\n", "ä", "(a)"])
    func aNameThatIsNoTokenIsRefused(name: String) {
        #expect(throws: ProxyError.badHeader) { try self.check(["host": "a", name: "x"]) }
    }

    @Test func valuesMayHoldTabsAndUTF8() throws {
        let checked = try self.check(["host": "a", "x": "grüße\t1"])
        #expect(checked.head.headers["x"] == ["grüße\t1"])
    }

    @Test(arguments: ["a", "a.example:8443", "127.0.0.1", "[::1]", "[::1]:443", "a_b"])
    func isAHost(host: String) throws {
        _ = try self.check(["host": host])
    }

    @Test(arguments: [
        "", "a:", "a:b", "a:123456", "a b", "a,b", "u@a", "a/b", "[::1", "[]", "[::1]x", "::1", "a?b", "a#b",
    ])
    func isNoHost(host: String) {
        #expect(throws: ProxyError.badHost) { try self.check(["host": host]) }
    }

    @Test func aHostIsNeededInHTTP11Only() throws {
        #expect(throws: ProxyError.missingHost) { try self.check([:]) }
        #expect(try !self.check([:], version: .http1_0).isKeepAlive)
    }

    @Test func expectationsOfHTTP10ClientsAreNotMet() throws {
        #expect(try self.check(["host": "a", "expect": "100-Continue"]).expectsContinue)
        #expect(try !self.check(["host": "a", "expect": "100-continue"], version: .http1_0).expectsContinue)
        #expect(throws: ProxyError.expectationFailed) { try self.check(["host": "a", "expect": "x"]) }
    }

    @Test func otherVersionsAreRefused() {
        #expect(throws: ProxyError.versionNotSupported) { try self.check(["host": "a"], version: .http2) }
        #expect(throws: ProxyError.versionNotSupported) {
            try self.check(["host": "a"], version: .init(major: 1, minor: 2))
        }
    }
}

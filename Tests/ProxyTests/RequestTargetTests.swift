import Testing

@testable import Proxy

@Suite struct RequestTargetTests {
    @Test(arguments: [
        ("/", "/"), ("/v1/chat/completions", "/v1/chat/completions"), ("/a?b=c&d=/../e", "/a?b=c&d=/../e"),
        ("//a//b/", "/a/b/"), ("/%61%7E%2D", "/a~-"), ("/a%3Ab", "/a%3Ab"), ("/...", "/..."), ("/a..b/c.", "/a..b/c."),
        ("/;a", "/;a"), ("/a;..", "/a;.."), ("http://h?x", "/?x"), ("HTTPS://h:1/a", "/a"),
    ])
    func isNormalised(raw: String, expected: String) throws {
        #expect(try RequestTarget(raw).uri == expected)
        #expect(try RequestTarget(expected).uri == expected, "normalising twice changes nothing")
    }

    @Test(arguments: [
        "", "*", "a", "h:443", "http://", "http:///x", "ftp://h/x", "/a/..", "/..", "/.", "/a/./b", "/..;x/b", "/.;/b",
        "/%2e%2e/x", "/%2E/x", "/.%2e/x", "/a%2Fb", "/a%5cb", "/a\\b", "/%", "/%4", "/%zz", "/%0a", "/%7f", "/a#b",
        "/a?b#c", "/ü", "/a b", "/a\u{7f}", "/a\tb", "/%+1",
    ])
    func isRefused(raw: String) {
        #expect(throws: ProxyError.badTarget) { try RequestTarget(raw) }
    }

    @Test func anAbsoluteTargetNamesItsAuthority() throws {
        #expect(try RequestTarget("http://h:80/x").authority == "h:80")
        #expect(try RequestTarget("/x").authority == nil)
    }
}

import Testing

@testable import TLS

@Suite("ServerName")
struct ServerNameTests {
    @Test(
        "Host names and addresses are told apart",
        arguments: [
            ("example.org", ServerName.host("example.org")), ("example.org.", .host("example.org")),
            ("localhost", .host("localhost")), ("a_b.test", .host("a_b.test")), ("127.0.0.1", .address("127.0.0.1")),
            ("::1", .address("::1")), ("[::1]", .address("::1")), ("fe80::1", .address("fe80::1")),
            // Not an address, though it looks like one; it may be a host.
            ("1.2.3.4.5", .host("1.2.3.4.5")),
        ]
    )
    func reads(_ text: String, _ expected: ServerName) throws {
        #expect(try ServerName(text) == expected)
    }

    @Test(
        "What is neither is refused",
        arguments: [
            "", ".", "a..b", "-a.test", "a-.test", "a b", "a/b", "https://a.test", "a.test:443", "a\u{0}b",
            "127.0.0.1\u{0}",
            "höst", "*.example.org", "[example", String(repeating: "a", count: 64), String(repeating: "a.", count: 130),
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: TLSError.invalidServerName(text)) { try ServerName(text) }
    }
}

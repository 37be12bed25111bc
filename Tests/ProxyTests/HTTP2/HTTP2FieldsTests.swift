import NIOHPACK
import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct HTTP2FieldsTests {
    private static let pseudo: [(String, String)] = [
        (":method", "POST"), (":scheme", "https"), (":path", "/v1/x?y=1"), (":authority", "api.example:8443"),
    ]

    private func read(_ fields: [(String, String)], isWhole: Bool = true) throws(ProxyError) -> HTTPRequestHead {
        try HTTP2Fields.request(HPACKHeaders(fields), isWhole: isWhole)
    }

    @Test func `the head of HTTP/1.1 has the host first and the fields in their order`() throws {
        let head = try self.read(Self.pseudo + [("x-b", "1"), ("x-a", "2")])
        #expect(head.method == .POST)
        #expect(head.uri == "/v1/x?y=1")
        #expect(head.version == .http1_1)
        #expect(head.headers.map { "\($0.name)=\($0.value)" } == ["host=api.example:8443", "x-b=1", "x-a=2"])
    }

    @Test func `what follows the head is chunked unless a length is told`() throws {
        #expect(try self.read(Self.pseudo, isWhole: false).headers["transfer-encoding"] == ["chunked"])
        #expect(try self.read(Self.pseudo, isWhole: true).headers["transfer-encoding"] == [])
        let told = try self.read(Self.pseudo + [("content-length", "3")], isWhole: false)
        #expect(told.headers["transfer-encoding"] == [] && told.headers["content-length"] == ["3"])
    }

    @Test func `a host that agrees with the authority is told once`() throws {
        #expect(try self.read(Self.pseudo + [("host", "API.example:8443")]).headers["host"] == ["api.example:8443"])
    }

    @Test func `an answer has its status first, its length, and no fields of a connection`() {
        let head = HTTPResponseHead(
            version: .http1_1,
            status: .ok,
            headers: ["Content-Type": "text/plain", "connection": "close", "transfer-encoding": "chunked"]
        )
        let block = HTTP2Fields.response(head, framing: .length(7))
        #expect(
            block.map { "\($0.name)=\($0.value)" } == [":status=200", "content-length=7", "content-type=text/plain"]
        )
        #expect(HTTP2Fields.response(head, framing: .chunked).first(name: "content-length") == nil)
    }
}

import NIOCore
import NIOHTTP1
import Testing

@testable import Upstream

@Suite struct RequestFramingTests {
    private func frame(
        _ body: UpstreamBody,
        method: HTTPMethod = .POST,
        headers: HTTPHeaders = [:],
        peer: UpstreamPeer = .http(host: "api.example")
    ) -> HTTPRequestHead {
        let head = HTTPRequestHead(version: .http1_0, method: method, uri: "/v1", headers: headers)
        return RequestFraming.frame(head, body: body, for: peer)
    }

    @Test func theBodySetsTheFramingWhateverWasThere() {
        let stale: HTTPHeaders = [
            "Content-Length": "999", "Transfer-Encoding": "gzip", "Connection": "x", "Host": "evil",
        ]
        let bytes = self.frame(.bytes(ByteBuffer(string: "four")), headers: stale)
        #expect(bytes.headers.map { "\($0.name): \($0.value)" } == ["host: api.example", "content-length: 4"])
        #expect(bytes.version == .http1_1)
        #expect(self.frame(.stream(length: 7), headers: stale).headers["content-length"] == ["7"])
        let chunked = self.frame(.stream(length: nil), headers: stale)
        #expect(chunked.headers["transfer-encoding"] == ["chunked"])
        #expect(chunked.headers["content-length"] == [])
    }

    @Test func onlyMethodsWithABodySayThatTheyHaveNone() {
        #expect(self.frame(.none, method: .POST).headers["content-length"] == ["0"])
        #expect(self.frame(.none, method: .GET).headers["content-length"] == [])
    }

    @Test func thePathPrefixComesFirst() {
        let peer = UpstreamPeer.http(host: "api.example", port: 81, pathPrefix: "/base")
        let head = self.frame(.none, peer: peer)
        #expect(head.uri == "/base/v1")
        #expect(head.headers["host"] == ["api.example:81"])
    }

    @Test func anAuthorityLeavesOutTheSchemesOwnPortAndBracketsAddresses() {
        #expect(UpstreamPeer.http(host: "a").authority == "a")
        #expect(UpstreamPeer.http(host: "a", port: 443).authority == "a:443")
        #expect(UpstreamPeer.http(host: "::1", port: 8080).authority == "[::1]:8080")
    }

    @Test func aPeerBehindASocketIsKnownByItsFile() {
        let peer = UpstreamPeer.unix(path: "/run/llm.sock")
        #expect(peer.name == "unix:/run/llm.sock")
        #expect(self.frame(.none, peer: peer).headers["host"] == ["localhost"])
        #expect(UpstreamPeer.http(host: "a", port: 443).name == "a:443")
    }
}

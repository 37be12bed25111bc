import NIOCore
import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct HTTP1AnswerTests {
    private func text(
        _ status: HTTPResponseStatus = .ok,
        _ headers: HTTPHeaders = [:],
        _ framing: ResponseFraming = .none(told: nil),
        closes: Bool = false
    ) -> String {
        var buffer = ByteBuffer()
        let head = HTTPResponseHead(version: .http1_0, status: status, headers: headers)
        HTTP1Answer.write(head, framing: framing, closes: closes, to: &buffer)
        return String(buffer: buffer)
    }

    @Test func theVersionIsOursWhateverTheUpstreamSpoke() {
        #expect(self.text(.ok, ["a": "b", "c": ""]) == "HTTP/1.1 200 OK\r\na: b\r\nc: \r\n\r\n")
        #expect(self.text(.notFound) == "HTTP/1.1 404 Not Found\r\n\r\n")
        #expect(self.text(.custom(code: 599, reasonPhrase: "Odd")) == "HTTP/1.1 599 Odd\r\n\r\n")
    }

    @Test func fieldsOfAnotherFramingAreReplaced() {
        let headers: HTTPHeaders = ["Content-Length": "9", "x": "y", "Transfer-Encoding": "gzip"]
        #expect(self.text(.ok, headers, .chunked) == "HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n")
        #expect(self.text(.ok, headers, .length(3)) == "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 3\r\n\r\n")
        #expect(self.text(.ok, headers, .none(told: 4)) == "HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 4\r\n\r\n")
        #expect(self.text(.ok, headers, .untilClose, closes: true).hasSuffix("\r\nx: y\r\nconnection: close\r\n\r\n"))
    }

    @Test func theEndOfTheConnectionIsToldOnce() {
        let text = self.text(.ok, ["connection": "keep-alive", "a": "b"], closes: true)
        #expect(text == "HTTP/1.1 200 OK\r\na: b\r\nconnection: close\r\n\r\n")
        #expect(self.text(.ok, ["a": "b"]).contains("connection") == false)
    }

    @Test func aChunkHasItsLengthInHexadecimalDigits() {
        var buffer = ByteBuffer()
        HTTP1Answer.beginChunk(of: 255, to: &buffer)
        buffer.writeString("...")
        buffer.writeStaticString(HTTP1Answer.chunkEnd)
        buffer.writeStaticString(HTTP1Answer.lastChunk)
        #expect(String(buffer: buffer) == "ff\r\n...\r\n0\r\n\r\n")
    }
}

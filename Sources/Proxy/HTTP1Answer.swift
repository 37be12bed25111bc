import NIOCore
import NIOHTTP1
import Upstream

/// Writes answers as HTTP/1.1 puts them on the wire (RFC 9112): straight into the bytes that are sent, since a handler that is
/// handed head, pieces and end one by one costs more than the writing.
enum HTTP1Answer {
    static let goOn: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// - Parameters:
    ///   - head: its own fields for framing are left out.
    ///   - closes: whether the connection ends with this answer.
    static func write(
        _ head: HTTPResponseHead,
        framing: ResponseFraming,
        closes: Bool,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString("HTTP/1.1 ")
        if head.status == .ok {
            buffer.writeStaticString("200 OK\r\n")
        } else {
            buffer.writeString("\(head.status.code) \(head.status.reasonPhrase)\r\n")
        }
        for (name, value) in head.headers {
            if name.isField("content-length") || name.isField("transfer-encoding") { continue }
            if closes, name.isField("connection") { continue }
            Self.field(name, value, to: &buffer)
        }
        switch framing {
        case .none(let length?), .length(let length): Self.field("content-length", String(length), to: &buffer)
        case .chunked: buffer.writeStaticString("transfer-encoding: chunked\r\n")
        case .none(nil), .untilClose: break
        }
        if closes { buffer.writeStaticString("connection: close\r\n") }
        buffer.writeStaticString("\r\n")
    }

    /// What stands before a piece of a body in chunks (RFC 9112, 7.1); `chunkEnd` stands behind it.
    static func beginChunk(of bytes: Int, to buffer: inout ByteBuffer) {
        buffer.writeString(String(bytes, radix: 16))
        buffer.writeStaticString("\r\n")
    }

    static let chunkEnd: StaticString = "\r\n"
    static let lastChunk: StaticString = "0\r\n\r\n"

    private static func field(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }
}

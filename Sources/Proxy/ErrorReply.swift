import NIOCore
import NIOHTTP1

/// The answer that tells a client about an error: JSON in the shape that clients of the OpenAI API expect.
package enum ErrorReply {
    /// The answer; its status is the error's.
    package static func make(_ error: ProxyError) -> LocalReply {
        let type: String
        switch error.fault {
        case .client: type = "invalid_request_error"
        case .upstream: type = "upstream_error"
        case .proxy: type = "server_error"
        }
        // Messages and words are our own and hold no character that JSON escapes.
        let body = #"{"error":{"message":"\#(error.message)","type":"\#(type)","code":"\#(error.code)"}}"#
        var headers: HTTPHeaders = ["content-type": "application/json"]
        // The text is JSON and nothing else.
        headers.add(name: "x-content-type-options", value: "nosniff")
        if error.status == 415 { headers.add(name: "accept-encoding", value: "gzip") }
        if error.status == 503 { headers.add(name: "retry-after", value: "1") }
        if error.status == 405 {
            headers.add(name: "allow", value: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        }
        return LocalReply(
            status: HTTPResponseStatus(statusCode: error.status),
            headers: headers,
            body: .bytes(ByteBuffer(string: body))
        )
    }
}

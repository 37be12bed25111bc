import NIOCore
import NIOHTTP1

/// Sets the fields of a request that only the connection to its peer can know.
enum RequestFraming {
    /// The head as it is written: `Host` and path prefix of the peer, framing fields of the body, HTTP/1.1.
    static func frame(_ head: HTTPRequestHead, body: UpstreamBody, for peer: UpstreamPeer) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.headers.count + 2)
        // First, as RFC 9110, 7.2 asks.
        headers.add(name: "host", value: peer.authority)
        for (name, value) in head.headers {
            if name.isField("host") || name.isField("content-length") || name.isField("transfer-encoding")
                || name.isField("connection")
            {
                continue
            }
            headers.add(name: name, value: value)
        }
        switch body {
        case .none:
            // A method that usually has a body says so when it has none (RFC 9110, 8.6).
            if [.POST, .PUT, .PATCH].contains(head.method) {
                headers.add(name: "content-length", value: "0")
            }
        case .bytes(let buffer):
            headers.add(name: "content-length", value: String(buffer.readableBytes))
        case .stream(let length?):
            headers.add(name: "content-length", value: String(length))
        case .stream(nil):
            headers.add(name: "transfer-encoding", value: "chunked")
        }
        return HTTPRequestHead(
            version: .http1_1,
            method: head.method,
            uri: peer.pathPrefix + head.uri,
            headers: headers
        )
    }
}

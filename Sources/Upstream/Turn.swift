import NIOHTTP1

/// What one connection knows of the exchange it carries: whether it may carry another one afterwards.
struct Turn {
    var requestEnded = false
    var responseEnded = false
    /// The peer closes the connection after this answer, or its end is the end of the answer.
    private(set) var peerCloses = false

    /// Both sides said all they had to say, and both want to go on.
    var isReusable: Bool {
        self.requestEnded && self.responseEnded && !self.peerCloses
    }

    /// Takes the head of an answer. Returns what is wrong with it, if anything: the parser lets some heads pass whose
    /// body another reader would measure differently (RFC 9112, 6.1 and 6.3).
    mutating func accept(_ head: HTTPResponseHead) -> String? {
        self.peerCloses = !head.isKeepAlive
        if head.status.code == 101 {
            return "switches to a protocol that was not asked for"
        }
        // There, frames measure the body; what stands here of it was put here on reading.
        if head.version.major == 2 { return nil }
        let codings = head.headers["transfer-encoding"]
        let lengths = head.headers["content-length"]
        if !codings.isEmpty, !lengths.isEmpty {
            return "has both content-length and transfer-encoding"
        }
        if lengths.count > 1 {
            return "has several content-length fields"
        }
        if codings.count > 1 || codings.contains(where: { $0.lowercased() != "chunked" }) {
            return "has a transfer-encoding other than chunked"
        }
        if !codings.isEmpty, head.version.minor == 0 {
            return "has a transfer-encoding in HTTP/1.0"
        }
        return nil
    }
}

package import NIOCore
package import NIOHTTP1

/// What sits between a listener and its upstream and decides about each exchange.
///
/// The proxy knows nothing of policies or models: it asks a filter, which answers in terms of HTTP. One filter serves
/// a whole listener and makes one `FilterSession` per exchange.
package protocol ProxyFilter: Sendable {
    /// Called on the connection's event loop when a request head has passed framing and header hygiene.
    ///
    /// - Parameter head: its target is in origin form and normalised; hop-by-hop fields, framing fields, and those by
    ///   which only a proxy may speak (`X-Forwarded-*` and the like) are gone.
    func open(_ head: HTTPRequestHead, from client: ClientInfo) -> any FilterSession
}

/// Who sent a request.
package struct ClientInfo: Sendable {
    /// Whose request it is: the connection's other end, or whom a trusted proxy says that it speaks for.
    package var address: SocketAddress?
    /// Who sent it: the other end of the connection, as a PROXY header tells it where there is one. The proxy that the client
    /// came through, if there is a trusted one.
    package var peer: SocketAddress?
    /// The address in words, without the port; nil for a connection without one.
    package var host: String?
    /// Made by the proxy for each exchange; sent back as `x-request-id`.
    package var requestID: String
    package var isTLS: Bool
    /// Whether the other end of the connection showed a certificate, which the listener's authorities vouch for.
    package var hasCertificate = false
    /// The version of HTTP that the client speaks. Heads are always given as HTTP/1.1.
    package var version: HTTPVersion
    /// What a trusted proxy says about the client; nil from anybody else.
    var forwarded: ForwardedChain?

    /// - Parameter host: the address in words, where it is at hand; it is made from the address otherwise.
    package init(
        address: SocketAddress?,
        host: String? = nil,
        requestID: String,
        isTLS: Bool,
        version: HTTPVersion = .http1_1
    ) {
        self.address = address
        self.peer = address
        self.host = host ?? address?.ipAddress
        self.requestID = requestID
        self.isTLS = isTLS
        self.version = version
    }
}

/// The decisions about one exchange, in the order of the methods.
///
/// `request` and `response` run in a task of their own, which is cancelled when the client goes away. Everything else
/// runs on the event loop and must not block.
package protocol FilterSession: AnyObject, Sendable {
    /// Decides from the head alone. Called on the event loop before any byte of the body is read.
    func begin() -> RequestStart

    /// Decides about a whole request body. Called only after `.inspect`, and never with a body in a content coding.
    func request(body: ByteBuffer) async -> RequestOutcome

    /// Decides how the upstream's answer is treated. Called on the event loop. The session may edit `head`, whose
    /// hop-by-hop and framing fields are gone.
    func responseHead(_ head: inout HTTPResponseHead) -> ResponseTreatment

    /// Decides about a whole answer. Called only after `.hold`, when the upstream's answer has ended, and only for an
    /// answer that has a body: one to HEAD, or with status 204 or 304, is passed on instead.
    func response(head: HTTPResponseHead, body: ByteBuffer) async -> ResponseOutcome

    /// Decides about an answer while it comes. Called only after `.window`.
    ///
    /// - Parameter chunks: the answer's body as it comes; it ends by an error if the upstream fails. A session whose reply is
    ///   a stream may go on reading it while that reply is under way.
    func response(head: HTTPResponseHead, chunks: AsyncThrowingStream<ByteBuffer, any Error>) async -> ResponseOutcome

    /// Sees a copy of each chunk that is passed on, after `.observe`, to keep it. Called on the event loop.
    func observe(_ chunk: ByteBuffer)

    /// The rest of an observed answer is not seen, since it is too long or there is no room: what was kept of it is to be let go.
    /// Called on the event loop.
    func stopObserving()

    /// What the client is told about an error that the proxy found; nil for the proxy's own words. The status is the error's, or that of
    /// the upstream's answer where that is an error itself.
    func reply(to error: ProxyError) -> LocalReply?

    /// Always called exactly once, last, whatever happened: the place for audit and metrics. Called on the event loop.
    func finish(_ summary: ExchangeSummary)
}

extension FilterSession {
    /// For sessions that speak no API of their own.
    package func reply(to error: ProxyError) -> LocalReply? { nil }

    /// For sessions that never ask for `.observe`, or keep nothing of what they see.
    package func stopObserving() {}

    /// For sessions that never ask for `.window`: the answer is gathered and judged whole.
    package func response(
        head: HTTPResponseHead,
        chunks: AsyncThrowingStream<ByteBuffer, any Error>
    ) async -> ResponseOutcome {
        var body = ByteBuffer()
        do {
            for try await chunk in chunks { body.writeImmutableBuffer(chunk) }
        } catch {
            // The proxy answers for the upstream's failure; this outcome comes too late for it.
            return .reply(LocalReply(status: .badGateway, headers: [:], body: .bytes(ByteBuffer())))
        }
        return await response(head: head, body: body)
    }
}

/// What happens to a request whose head was seen.
package enum RequestStart: Sendable {
    /// Read the whole body, at most `limit` bytes (more is answered 413), then call `request(body:)`.
    case inspect(limit: Int)
    /// Stream the request to the upstream as it comes; `headers` are what is sent beside the hygiene's own edits.
    case pass(headers: HTTPHeaders)
    /// Answer without the upstream.
    case reply(LocalReply)
}

/// What happens to a request whose body was seen.
package enum RequestOutcome: Sendable {
    /// Send this to the upstream. The proxy sets the framing headers from `body`, and asks for an answer in no
    /// content coding, since whoever inspects requests may have to read the answer, too.
    case forward(headers: HTTPHeaders, body: ByteBuffer)
    /// Answer without the upstream.
    case reply(LocalReply)
}

/// How the upstream's answer travels.
package enum ResponseTreatment: Sendable {
    /// As it comes, with back-pressure.
    case pass
    /// As it comes; each chunk is also given to `observe`, which may keep `limit` bytes. An answer that is longer, or that there
    /// is no room for, passes all the same, and `stopObserving` is called.
    case observe(limit: Int)
    /// Held to the end, at most `limit` bytes (more ends in 502), then given to `response(head:body:)`.
    case hold(limit: Int)
    /// Given to `response(head:chunks:)` as it comes, at most `limit` bytes. Only after the request was inspected, for an
    /// answer that has a body; any other is held.
    case window(limit: Int)
}

/// What happens to an answer that was held.
package enum ResponseOutcome: Sendable {
    /// Send this. The proxy sets the framing headers from `body`.
    case forward(head: HTTPResponseHead, body: ByteBuffer)
    /// Send this in its place.
    case reply(LocalReply)
}

/// An answer that the filter gives itself.
package struct LocalReply: Sendable {
    package enum Body: Sendable {
        case bytes(ByteBuffer)
        /// Chunks sent as they come, with back-pressure; the sequence ending ends the answer. It is cancelled when the
        /// client goes away. The head goes out with the first chunk, so an error before that becomes an answer of its own. A
        /// `ProxyError` is told and recorded as it is, any other as a 500.
        case stream(AsyncThrowingStream<ByteBuffer, any Error>)
    }

    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders
    package var body: Body
    /// Close the connection after the answer.
    package var closesConnection: Bool

    package init(status: HTTPResponseStatus, headers: HTTPHeaders, body: Body, closesConnection: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.closesConnection = closesConnection
    }
}

/// How an exchange went, for the record.
package struct ExchangeSummary: Sendable {
    /// Whose fault an error was.
    package enum Fault: String, Sendable {
        case client, upstream, proxy
    }

    /// The status the client got; nil if none was sent. 499 stands for a client that went away first.
    package var status: Int?
    package var fault: Fault?
    /// A fixed word for the error, for example `upstream_connect_timeout`; nil if there was none.
    package var error: String?
    package var requestBytes: Int
    package var responseBytes: Int
    package var duration: Duration
    /// From sending the request to the upstream until the first byte of its answer; nil if it was not asked.
    package var upstreamFirstByte: Duration?
    /// From sending the request until the end of the upstream's answer.
    package var upstreamDuration: Duration?
    /// From the beginning of the exchange until the end of what the upstream did, or failed to do, for it; nil if nothing was to be
    /// asked of it. There may have been no connection to send the request on.
    package var upstreamEnd: Duration?
    /// The status of the upstream's answer; nil if there was none.
    package var upstreamStatus: Int?

    package init(
        status: Int? = nil,
        fault: Fault? = nil,
        error: String? = nil,
        requestBytes: Int = 0,
        responseBytes: Int = 0,
        duration: Duration = .zero,
        upstreamFirstByte: Duration? = nil,
        upstreamDuration: Duration? = nil,
        upstreamEnd: Duration? = nil,
        upstreamStatus: Int? = nil
    ) {
        self.status = status
        self.fault = fault
        self.error = error
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.duration = duration
        self.upstreamFirstByte = upstreamFirstByte
        self.upstreamDuration = upstreamDuration
        self.upstreamEnd = upstreamEnd
        self.upstreamStatus = upstreamStatus
    }

    /// Whether the client left, or took no more, before it had all of its answer. The status is that of the answer where that had
    /// begun.
    package var isAbandoned: Bool {
        [ProxyError.clientWentAway, .clientWriteTimeout].contains { $0.code == self.error }
    }
}

package import NIOCore

/// What a client may ask of the proxy, and for how long. Each limit is counted under the error word it names.
package struct ProxyLimits: Sendable, Hashable {
    /// Bytes of a request's target and header fields, names and values. `headers_too_large`, 431.
    package var headerBytes: Int
    /// Header fields of a request. `too_many_headers`, 431.
    package var headerCount: Int
    /// Bytes of a request's target. `uri_too_long`, 414.
    package var uriBytes: Int
    /// Bytes of a request's body, whoever reads it, packed and unpacked. `body_too_large`, 413.
    package var bodyBytes: Int
    /// From the first byte of a request, or from accepting the connection, until its head is complete: the whole of
    /// it, since a limit between bytes would let a client drip for ever. `request_header_timeout`, 408.
    package var headerTime: TimeAmount
    /// Between two reads of a body that is wanted. `request_body_timeout`, 408.
    package var bodyIdleTime: TimeAmount
    /// The whole of a body, as far as the proxy waits for it. `request_body_timeout`, 408.
    package var bodyTime: TimeAmount
    /// Bytes a second that a body must come in at, once `bodyGrace` is used up. `request_body_timeout`, 408.
    package var bodyRate: Int
    /// How far a body may be behind `bodyRate`; see `BodyPace`.
    package var bodyGrace: TimeAmount
    /// How long a connection is kept open between requests. It is closed without a word to the client. `connection_idle`.
    package var idleTime: TimeAmount
    /// How long a client may take nothing of an answer that is ready. `client_write_timeout`; the answer is cut.
    package var writeStallTime: TimeAmount
    /// Connections of all clients together. One beyond it is closed at once. `too_many_connections`.
    package var connections: Int
    /// Connections of one client address, an IPv6 network of 64 bits counting as one. One beyond it is closed at once.
    /// `too_many_connections_from_client`.
    package var connectionsPerClient: Int
    /// Bytes of bodies, of requests and answers, that are held for inspection in all. `too_much_buffered`, 503. Answers that pass
    /// while they are observed have half of it; beyond that they pass unobserved.
    package var bufferedBytes: Int
    /// The same for one connection, all its streams together. `too_much_buffered_by_connection`, 503.
    package var connectionBufferedBytes: Int
    /// Requests that wait behind the one being answered on a connection. `too_many_pipelined_requests`, 400.
    package var pipelinedRequests: Int
    /// Bytes of an unwanted body that are read and dropped after the answer was sent, so that the client gets to see it:
    /// closing with bytes unread makes the kernel reset the connection and throw the answer away.
    package var lingerBytes: Int
    /// How long the rest of it may take to come on, from one piece to the next; in all it may take `bodyTime`.
    package var lingerTime: TimeAmount

    /// Streams open at a time on an HTTP/2 connection; a client is told so, and one beyond it ends the connection.
    /// `http2_protocol_error`.
    package var concurrentStreams: Int
    /// Streams that a client may reset on an HTTP/2 connection in `http2Window`; one more ends the connection with
    /// ENHANCE_YOUR_CALM (rapid reset, CVE-2023-44487). `http2_flood`.
    package var streamResets: Int
    /// PING, SETTINGS and PRIORITY frames in the same time (CVE-2019-9512, CVE-2019-9515), likewise. `http2_flood`.
    package var controlFrames: Int
    /// Frames of one header block (CVE-2024-27316), likewise. `http2_flood`.
    package var continuationFrames: Int
    package var http2Window: TimeAmount

    package init(
        headerBytes: Int = 32 * 1024,
        headerCount: Int = 100,
        uriBytes: Int = 8 * 1024,
        bodyBytes: Int = 10 * 1024 * 1024,
        headerTime: TimeAmount = .seconds(10),
        bodyIdleTime: TimeAmount = .seconds(30),
        bodyTime: TimeAmount = .minutes(5),
        bodyRate: Int = 240,
        bodyGrace: TimeAmount = .seconds(30),
        idleTime: TimeAmount = .seconds(75),
        writeStallTime: TimeAmount = .seconds(60),
        connections: Int = 20_000,
        connectionsPerClient: Int = 20_000,
        bufferedBytes: Int = 512 * 1024 * 1024,
        connectionBufferedBytes: Int = 64 * 1024 * 1024,
        pipelinedRequests: Int = 16,
        lingerBytes: Int = 32 * 1024 * 1024,
        lingerTime: TimeAmount = .seconds(5),
        concurrentStreams: Int = 100,
        streamResets: Int = 200,
        controlFrames: Int = 200,
        continuationFrames: Int = 8,
        http2Window: TimeAmount = .seconds(30)
    ) {
        self.headerBytes = headerBytes
        self.headerCount = headerCount
        self.uriBytes = uriBytes
        self.bodyBytes = bodyBytes
        self.headerTime = headerTime
        self.bodyIdleTime = bodyIdleTime
        self.bodyTime = bodyTime
        self.bodyRate = bodyRate
        self.bodyGrace = bodyGrace
        self.idleTime = idleTime
        self.writeStallTime = writeStallTime
        self.connections = connections
        self.connectionsPerClient = connectionsPerClient
        self.bufferedBytes = bufferedBytes
        self.connectionBufferedBytes = connectionBufferedBytes
        self.pipelinedRequests = pipelinedRequests
        self.lingerBytes = lingerBytes
        self.lingerTime = lingerTime
        self.concurrentStreams = concurrentStreams
        self.streamResets = streamResets
        self.controlFrames = controlFrames
        self.continuationFrames = continuationFrames
        self.http2Window = http2Window
    }

    var bodyPace: BodyPace { BodyPace(grace: self.bodyGrace, rate: self.bodyRate, time: self.bodyTime) }
}

package import NIOCore

/// What a client may ask of the proxy, and for how long. Each limit is counted under the error word it names.
package struct ProxyLimits: Sendable, Hashable {
    /// Bytes of a request's target and header fields, names and values. `headers_too_large`, 431.
    package var headerBytes: Int
    /// Header fields of a request. `too_many_headers`, 431.
    package var headerCount: Int
    /// Bytes of a request's target. `uri_too_long`, 414.
    package var uriBytes: Int
    /// Bytes of a request's body, whoever reads it. `body_too_large`, 413.
    package var bodyBytes: Int
    /// From the first byte of a request, or from accepting the connection, until its head is complete: the whole of
    /// it, since a limit between bytes would let a client drip for ever. `request_header_timeout`, 408.
    package var headerTime: TimeAmount
    /// Between two reads of a body that is wanted. `request_body_timeout`, 408.
    package var bodyIdleTime: TimeAmount
    /// The whole of a body. `request_body_timeout`, 408.
    package var bodyTime: TimeAmount
    /// How long a connection is kept open between requests. It is closed without a word.
    package var idleTime: TimeAmount
    /// How long a client may take nothing of an answer that is ready. `client_write_timeout`; the answer is cut.
    package var writeStallTime: TimeAmount
    /// Connections of all clients together. One beyond it is closed at once. `too_many_connections`.
    package var connections: Int
    /// Requests that wait behind the one being answered on a connection. `too_many_pipelined_requests`, 400.
    package var pipelinedRequests: Int
    /// Bytes of an unwanted body that are read and dropped after the answer was sent, so that the client gets to see it:
    /// closing with bytes unread makes the kernel reset the connection and throw the answer away.
    package var lingerBytes: Int
    /// How long that goes on.
    package var lingerTime: TimeAmount

    package init(
        headerBytes: Int = 32 * 1024,
        headerCount: Int = 100,
        uriBytes: Int = 8 * 1024,
        bodyBytes: Int = 10 * 1024 * 1024,
        headerTime: TimeAmount = .seconds(10),
        bodyIdleTime: TimeAmount = .seconds(30),
        bodyTime: TimeAmount = .minutes(5),
        idleTime: TimeAmount = .seconds(75),
        writeStallTime: TimeAmount = .seconds(60),
        connections: Int = 10_000,
        pipelinedRequests: Int = 16,
        lingerBytes: Int = 32 * 1024 * 1024,
        lingerTime: TimeAmount = .seconds(5)
    ) {
        self.headerBytes = headerBytes
        self.headerCount = headerCount
        self.uriBytes = uriBytes
        self.bodyBytes = bodyBytes
        self.headerTime = headerTime
        self.bodyIdleTime = bodyIdleTime
        self.bodyTime = bodyTime
        self.idleTime = idleTime
        self.writeStallTime = writeStallTime
        self.connections = connections
        self.pipelinedRequests = pipelinedRequests
        self.lingerBytes = lingerBytes
        self.lingerTime = lingerTime
    }
}

package import NIOCore

/// How long each stage of an exchange with an upstream may take.
package struct UpstreamTimeouts: Sendable, Hashable {
    /// From asking for a connection until one is ready, name look-up and TLS handshake included.
    package var connect: TimeAmount
    /// From the end of the request until the first byte of the answer. An LLM that does not stream thinks in here.
    package var firstByte: TimeAmount
    /// Between two pieces of the answer, while the client keeps up; and until the peer takes more of a body that is streamed to it.
    package var idle: TimeAmount
    /// The whole exchange.
    package var total: TimeAmount

    package init(
        connect: TimeAmount = .seconds(5),
        firstByte: TimeAmount = .seconds(120),
        idle: TimeAmount = .seconds(60),
        total: TimeAmount = .minutes(10)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
    }
}

/// What one event loop may hold open to one peer, and what an answer may look like.
package struct UpstreamLimits: Sendable, Hashable {
    /// Connections open or being opened, per event loop. An exchange beyond it waits for its turn.
    package var connections: Int
    /// Exchanges waiting for a connection, per event loop. One beyond it fails with `upstream_pool_exhausted`.
    package var waiting: Int
    /// Connections kept open without use, per event loop.
    package var idleConnections: Int
    /// How long a connection is kept open without use. Shorter than what common servers allow (Node 5 s is the
    /// exception), so that we close first and no request races against the peer's own close.
    package var idleTime: TimeAmount
    /// How old a connection may be when it is used again. One that is older is closed after its answer, and the peer's name is
    /// looked up anew for the next: a name that moves to other addresses is followed within this time.
    package var connectionAge: TimeAmount
    /// Bytes of all fields of an answer's head, names and values.
    package var headerBytes: Int
    /// Fields of an answer's head.
    package var headerCount: Int

    package init(
        connections: Int = 512,
        waiting: Int = 1024,
        idleConnections: Int = 32,
        idleTime: TimeAmount = .seconds(30),
        connectionAge: TimeAmount = .minutes(10),
        headerBytes: Int = 64 * 1024,
        headerCount: Int = 200
    ) {
        self.connections = connections
        self.waiting = waiting
        self.idleConnections = idleConnections
        self.idleTime = idleTime
        self.connectionAge = connectionAge
        self.headerBytes = headerBytes
        self.headerCount = headerCount
    }
}

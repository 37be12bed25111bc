/// Why an exchange with an upstream failed.
///
/// The proxy decides from `code` alone; `detail` is for the operator's log and never reaches the client.
package struct UpstreamError: Error, Hashable, Sendable {
    /// The fixed words for what goes wrong. They appear in error replies, metrics and audit records.
    package enum Code: String, Sendable, CaseIterable {
        /// The peer's name has no address.
        case nameNotFound = "upstream_name_not_found"
        /// Nobody listens at the peer's address.
        case connectRefused = "upstream_connect_refused"
        /// No connection within `UpstreamTimeouts.connect`.
        case connectTimeout = "upstream_connect_timeout"
        /// Any other failure to connect: no route, no descriptors.
        case unreachable = "upstream_unreachable"
        /// The TLS handshake failed or the peer's certificate was not accepted.
        case tlsFailed = "upstream_tls_failed"
        /// All connections are in use and the queue for them is full, or the wait for one took too long.
        case poolExhausted = "upstream_pool_exhausted"
        /// Every exchange failed lately, so that nobody is asked for a while; see `CircuitBreaker`.
        case circuitOpen = "upstream_circuit_open"
        /// The request was sent and nothing came back within `UpstreamTimeouts.firstByte`.
        case firstByteTimeout = "upstream_first_byte_timeout"
        /// The answer stalled for `UpstreamTimeouts.idle`.
        case idleTimeout = "upstream_idle_timeout"
        /// The exchange took longer than `UpstreamTimeouts.total`.
        case totalTimeout = "upstream_total_timeout"
        /// The connection ended before the answer did.
        case closedEarly = "upstream_closed_early"
        /// The answer is not HTTP/1.1 as it should be, or exceeds a limit of `UpstreamLimits`.
        case badResponse = "upstream_bad_response"
    }

    package var code: Code
    /// What happened in words, for the log.
    package var detail: String

    package init(_ code: Code, detail: String = "") {
        self.code = code
        self.detail = detail
    }

    /// True where the peer did not answer in time, as opposed to answering wrongly or not at all.
    package var isTimeout: Bool {
        switch self.code {
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: return true
        case .nameNotFound, .connectRefused, .unreachable, .tlsFailed, .poolExhausted, .circuitOpen, .closedEarly,
            .badResponse:
            return false
        }
    }
}

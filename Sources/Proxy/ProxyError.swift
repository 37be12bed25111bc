import Deflate
import NIOHTTP1
import Upstream

/// Why an exchange ended otherwise than with the answer it was meant to have.
///
/// `code` is the fixed word that the client, the metrics and the audit see. `message` is for the client: it says what to
/// do about it and holds nothing of the request.
package struct ProxyError: Error, Hashable, Sendable {
    package var status: Int
    package var code: String
    package var fault: ExchangeSummary.Fault
    package var message: String

    package init(_ status: Int, _ code: String, fault: ExchangeSummary.Fault = .client, _ message: String) {
        self.status = status
        self.code = code
        self.fault = fault
        self.message = message
    }
}

// MARK: Requests that are refused as they stand

extension ProxyError {
    static let malformedRequest = ProxyError(400, "malformed_request", "The request is not well-formed HTTP/1.1.")
    static let conflictingFraming = ProxyError(
        400,
        "conflicting_framing",
        "Send either content-length or transfer-encoding, not both."
    )
    static let badContentLength = ProxyError(
        400,
        "bad_content_length",
        "Send one content-length field with a decimal number."
    )
    static let badTransferEncoding = ProxyError(
        400,
        "bad_transfer_encoding",
        "The only transfer-encoding that is understood is chunked, given once, in HTTP/1.1."
    )
    static let badHeader = ProxyError(
        400,
        "bad_header",
        "A header field holds a character that it must not hold. Fields are UTF-8 without controls."
    )
    static let underscoreHeader = ProxyError(
        400,
        "underscore_header",
        "A header field name holds an underscore. Use a hyphen."
    )
    static let duplicateHeader = ProxyError(
        400,
        "duplicate_header",
        "A header field that may be sent once was sent several times."
    )
    static let missingHost = ProxyError(400, "missing_host", "Send one host field.")
    static let badHost = ProxyError(400, "bad_host", "The host field is not a host name with an optional port.")
    static let hostMismatch = ProxyError(
        400,
        "host_mismatch",
        "The host field and the request target name different hosts."
    )
    static let badTarget = ProxyError(
        400,
        "bad_target",
        "The path holds dot segments, an encoded slash, a backslash, or a character that is not allowed in a URI."
    )
    static let methodNotAllowed = ProxyError(405, "method_not_allowed", "This method is not served here.")
    static let expectationFailed = ProxyError(
        417,
        "expectation_failed",
        "The only expectation that is met is 100-continue."
    )
    static let unsupportedContentEncoding = ProxyError(
        415,
        "unsupported_content_encoding",
        "Send the body without a content-encoding, or as gzip: it is inspected here."
    )
    static let badContentEncoding = ProxyError(
        400,
        "bad_content_encoding",
        "The body is not the gzip that its content-encoding says it is."
    )
    static let bodyTooDense = ProxyError(
        413,
        "body_too_dense",
        "The body unpacks to more than \(Gzip.ratio) times its size. Send it without a content-encoding."
    )
    static let versionNotSupported = ProxyError(505, "http_version_not_supported", "Use HTTP/1.1.")
}

// MARK: Limits

extension ProxyError {
    static func headersTooLarge(_ limits: ProxyLimits) -> ProxyError {
        ProxyError(431, "headers_too_large", "The header fields exceed \(limits.headerBytes) bytes.")
    }

    static func tooManyHeaders(_ limits: ProxyLimits) -> ProxyError {
        ProxyError(431, "too_many_headers", "The request has more than \(limits.headerCount) header fields.")
    }

    static func uriTooLong(_ limits: ProxyLimits) -> ProxyError {
        ProxyError(414, "uri_too_long", "The request target exceeds \(limits.uriBytes) bytes.")
    }

    static func bodyTooLarge(limit: Int) -> ProxyError {
        ProxyError(413, "body_too_large", "The body exceeds \(limit) bytes.")
    }

    static let headerTimeout = ProxyError(
        408,
        "request_header_timeout",
        "The head of the request did not arrive in time."
    )
    static let bodyTimeout = ProxyError(408, "request_body_timeout", "The body of the request did not arrive in time.")
    static let tooManyPipelinedRequests = ProxyError(
        400,
        "too_many_pipelined_requests",
        "Too many requests were sent before the first was answered."
    )
}

// MARK: The client's side of the connection

extension ProxyError {
    /// Words for connections that ended before, or beside, any exchange. Nobody gets a reply.
    static let tlsHandshakeFailed = ProxyError(400, "tls_handshake_failed", "The TLS handshake failed.")
    static let badProxyHeader = ProxyError(
        400,
        "bad_proxy_header",
        "A trusted peer's connection did not begin with a PROXY header."
    )
    static let http2Flood = ProxyError(
        400,
        "http2_flood",
        "The connection sent more resets, empty frames or control frames than any use needs."
    )
    static let http2ProtocolError = ProxyError(400, "http2_protocol_error", "The connection broke RFC 9113.")

    /// No failure: a connection that nobody used was closed. Counted, and told to nobody.
    static let connectionIdle = ProxyError(499, "connection_idle", "The connection was not used.")

    /// Nobody is there to be told; the status is for the record.
    static let clientWentAway = ProxyError(499, "client_went_away", "The client closed the connection.")
    static let clientWriteTimeout = ProxyError(499, "client_write_timeout", "The client stopped reading the answer.")
    static let shutDown = ProxyError(
        503,
        "shut_down",
        fault: .proxy,
        "The proxy was shut down before the exchange was over."
    )
}

// MARK: Upstream and proxy

extension ProxyError {
    static let noUpstream = ProxyError(502, "no_upstream", fault: .proxy, "No upstream is configured for this request.")
    static let encodedResponse = ProxyError(
        502,
        "upstream_encoded_response",
        fault: .upstream,
        "The upstream compressed an answer that has to be inspected, although it was asked not to."
    )
    static func responseTooLarge(limit: Int) -> ProxyError {
        ProxyError(
            502,
            "upstream_response_too_large",
            fault: .upstream,
            "The upstream's answer exceeds the \(limit) bytes that are inspected."
        )
    }
    static let tooMuchBuffered = ProxyError(
        503,
        "too_much_buffered",
        fault: .proxy,
        "Too many bodies are being inspected at this time. Try again later."
    )
    static let tooMuchBufferedByConnection = ProxyError(
        503,
        "too_much_buffered_by_connection",
        "Too many bodies of this connection are being inspected at this time. Send fewer at a time."
    )
    static let replyFailed = ProxyError(500, "reply_failed", fault: .proxy, "The answer could not be completed.")

    /// Whether the upstream has answered, and its answer cannot be held to be inspected.
    package var keepsAnswerFromInspection: Bool {
        [Self.encodedResponse, .responseTooLarge(limit: 0)].contains { $0.code == self.code }
    }

    /// What a failed exchange with the upstream is to the client: 504 for no answer in time, 503 for no room to ask,
    /// 502 for a wrong answer or none.
    init(_ error: UpstreamError) {
        let message: String
        switch error.code {
        case .nameNotFound: message = "The upstream's name could not be found."
        case .connectRefused: message = "The upstream refused the connection."
        case .connectTimeout: message = "The upstream did not accept a connection in time."
        case .unreachable: message = "The upstream could not be reached."
        case .tlsFailed: message = "No secure connection to the upstream could be made."
        case .poolExhausted: message = "All connections to the upstream are in use. Try again later."
        case .circuitOpen: message = "The upstream has failed every time lately. Try again in a moment."
        case .firstByteTimeout: message = "The upstream did not answer in time."
        case .idleTimeout: message = "The upstream stopped in the middle of its answer."
        case .totalTimeout: message = "The upstream took too long."
        case .closedEarly: message = "The upstream closed the connection before its answer was complete."
        case .badResponse: message = "The upstream's answer is not well-formed HTTP/1.1."
        }
        let status = error.isTimeout ? 504 : [.poolExhausted, .circuitOpen].contains(error.code) ? 503 : 502
        let fault: ExchangeSummary.Fault = error.code == .poolExhausted ? .proxy : .upstream
        self.init(status, error.code.rawValue, fault: fault, message)
    }
}

import NIOCore
import PolicyLanguage
import Proxy

extension GatewayConfigurationDecoder {
    /// A key of `limits`, the limit it sets, and what the reference says of it.
    struct Limit<Value>: Sendable {
        let key: String
        let path: any WritableKeyPath<ProxyLimits, Value> & Sendable
        let meaning: String
        /// Of a size: the greatest that is taken.
        let most: Int

        init(
            _ key: String,
            _ path: any WritableKeyPath<ProxyLimits, Value> & Sendable,
            _ meaning: String,
            upTo most: Int = 1 << 30
        ) {
            self.key = key
            self.path = path
            self.meaning = meaning
            self.most = most
        }
    }

    static let numbers: [Limit<Int>] = [
        Limit(
            "connections",
            \.connections,
            "connections open in all; one more is closed at once (`too_many_connections`)"
        ),
        Limit(
            "connections_per_client",
            \.connectionsPerClient,
            "connections of one client address, or of one IPv6 /64 (`too_many_connections_from_client`)"
        ),
        Limit("header_count", \.headerCount, "fields of a request; more is 431 (`too_many_headers`)"),
        Limit(
            "pipelined_requests",
            \.pipelinedRequests,
            "HTTP/1.1 requests sent before the one before them is answered; one more ends the connection with "
                + "400 (`too_many_pipelined_requests`)"
        ),
        Limit(
            "concurrent_streams",
            \.concurrentStreams,
            "open on an HTTP/2 connection, which the client is told; one more ends it, "
                + "or is refused if the client had not heard of the limit yet (`http2_protocol_error`)"
        ),
        Limit(
            "stream_resets",
            \.streamResets,
            "HTTP/2 streams that a client may reset in 30 s; one more ends the connection (`http2_flood`)"
        ),
        Limit("control_frames", \.controlFrames, "HTTP/2 pings, settings and priorities in 30 s, likewise"),
        Limit("continuation_frames", \.continuationFrames, "frames of one HTTP/2 header block, likewise"),
    ]

    static let sizes: [Limit<Int>] = [
        Limit("header_bytes", \.headerBytes, "of a request's target and fields; more is 431 (`headers_too_large`)"),
        Limit("uri_bytes", \.uriBytes, "of a request's target; more is 414 (`uri_too_long`)"),
        Limit(
            "body_rate",
            \.bodyRate,
            "bytes a second that a body must come in at once `body_grace` is used up; slower is 408 "
                + "(`request_body_timeout`)"
        ),
        Limit(
            "buffered_bytes",
            \.bufferedBytes,
            "bodies held for inspection in all; more is 503 (`too_much_buffered`)"
                + "; answers that pass while they are read have half of it, and so has, apart, what is judged beside "
                + "exchanges; both go unread beyond",
            upTo: 64 << 30
        ),
        Limit(
            "connection_buffered_bytes",
            \.connectionBufferedBytes,
            "the same for one connection; more is 503 (`too_much_buffered_by_connection`)",
            upTo: 64 << 30
        ),
    ]

    static let times: [Limit<TimeAmount>] = [
        Limit(
            "header_time",
            \.headerTime,
            "until a request's head is whole, however it drips; then 408 (`request_header_timeout`)"
        ),
        Limit("body_time", \.bodyTime, "until a request's body is whole; then 408 (`request_body_timeout`)"),
        Limit("body_idle_time", \.bodyIdleTime, "the longest pause within a body; then 408 (`request_body_timeout`)"),
        Limit("body_grace", \.bodyGrace, "how far a body may fall behind `body_rate`"),
        Limit("idle_time", \.idleTime, "how long a connection is kept open between requests (`connection_idle`)"),
        Limit(
            "write_stall_time",
            \.writeStallTime,
            "how long a client may take nothing of its answer (`client_write_timeout`)"
        ),
    ]

    mutating func limits(_ node: YAMLNode, into configuration: inout GatewayConfiguration) {
        let fields = fields(of: node, "'limits'", known: GatewayConfigurationKeys.limits)
        if let node = fields["request_body"] {
            configuration.bodyLimit = size(node, "request_body") ?? configuration.bodyLimit
        }
        if let node = fields["held_answer"] {
            configuration.answerLimit = size(node, "held_answer") ?? configuration.answerLimit
        }
        for limit in Self.numbers {
            guard let node = fields[limit.key], let value = integer(node, limit.key, in: 1...1_000_000) else {
                continue
            }
            configuration.limits[keyPath: limit.path] = value
        }
        for limit in Self.sizes {
            guard let node = fields[limit.key], let value = size(node, limit.key, upTo: limit.most) else { continue }
            configuration.limits[keyPath: limit.path] = value
        }
        for limit in Self.times {
            guard let node = fields[limit.key], let value = duration(node, limit.key) else { continue }
            configuration.limits[keyPath: limit.path] = .nanoseconds(value.nanoseconds)
        }
        if fields["connections"] != nil, fields["connections_per_client"] == nil {
            configuration.limits.connectionsPerClient = configuration.limits.connections
        }
    }
}

extension GatewayConfigurationKeys {
    /// The defaults are those of the listener itself.
    static let limits: [ConfigurationKey] =
        [
            ConfigurationKey(
                "request_body",
                .size,
                .value("10MiB"),
                "larger requests are answered 413 (`body_too_large`); of one in gzip, both the packed and the unpacked "
                    + "size count, and one that unpacks to more than 120 times its size (and 256 KiB) is 413 "
                    + "(`body_too_dense`)"
            ),
            ConfigurationKey(
                "held_answer",
                .size,
                .value("16MiB"),
                "larger answers that have to be inspected end in 502 (`upstream_response_too_large`)"
            ),
        ]
        + GatewayConfigurationDecoder.numbers.map { limit in
            let value = ProxyLimits()[keyPath: limit.path]
            return ConfigurationKey(limit.key, .number, .value("\(value)"), limit.meaning)
        }
        + GatewayConfigurationDecoder.sizes.map { limit in
            ConfigurationKey(limit.key, .size, .value(size(ProxyLimits()[keyPath: limit.path])), limit.meaning)
        }
        + GatewayConfigurationDecoder.times.map { limit in
            ConfigurationKey(limit.key, .time, .value(time(ProxyLimits()[keyPath: limit.path])), limit.meaning)
        }

    /// As one would write it.
    private static func size(_ bytes: Int) -> String {
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes % size == 0 {
            return "\(bytes / size)\(unit)"
        }
        return "\(bytes)"
    }

    /// Likewise.
    private static func time(_ amount: TimeAmount) -> String {
        let milliseconds = amount.nanoseconds / 1_000_000
        for (unit, length) in [("h", Int64(3_600_000)), ("m", 60_000), ("s", 1_000)] where milliseconds % length == 0 {
            return "\(milliseconds / length)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}

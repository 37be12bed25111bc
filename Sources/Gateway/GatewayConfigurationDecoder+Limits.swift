import NIOCore
import PolicyLanguage
import Proxy

extension GatewayConfigurationDecoder {
    /// A key of `limits`, and the limit it sets.
    struct Limit<Value>: Sendable {
        let key: String
        let path: any WritableKeyPath<ProxyLimits, Value> & Sendable

        init(_ key: String, _ path: any WritableKeyPath<ProxyLimits, Value> & Sendable) {
            self.key = key
            self.path = path
        }
    }

    static let numbers: [Limit<Int>] = [
        Limit("connections", \.connections), Limit("connections_per_client", \.connectionsPerClient),
        Limit("header_count", \.headerCount), Limit("concurrent_streams", \.concurrentStreams),
        Limit("stream_resets", \.streamResets), Limit("control_frames", \.controlFrames),
        Limit("continuation_frames", \.continuationFrames), Limit("pipelined_requests", \.pipelinedRequests),
    ]

    static let sizes: [Limit<Int>] = [
        Limit("header_bytes", \.headerBytes), Limit("uri_bytes", \.uriBytes), Limit("body_rate", \.bodyRate),
        Limit("buffered_bytes", \.bufferedBytes), Limit("connection_buffered_bytes", \.connectionBufferedBytes),
    ]

    static let times: [Limit<TimeAmount>] = [
        Limit("header_time", \.headerTime), Limit("body_time", \.bodyTime), Limit("body_idle_time", \.bodyIdleTime),
        Limit("body_grace", \.bodyGrace),
        Limit("idle_time", \.idleTime), Limit("write_stall_time", \.writeStallTime),
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
            guard let node = fields[limit.key], let value = size(node, limit.key) else { continue }
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

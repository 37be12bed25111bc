import PolicyLanguage
import Tracing

extension GatewayConfigurationDecoder {
    mutating func tracing(_ node: YAMLNode) -> GatewayConfiguration.Tracing? {
        let fields = fields(of: node, "'tracing'", known: GatewayConfigurationKeys.tracing, required: ["endpoint"])
        guard let collector = collector(fields, path: "/v1/traces") else { return nil }
        var tracing = GatewayConfiguration.Tracing(collector)
        if let node = fields["sample"] { tracing.share = share(node) ?? 1 }
        if let node = fields["queue"] {
            tracing.queue.capacity = integer(node, "queue", in: 1...1_000_000) ?? tracing.queue.capacity
            tracing.queue.batch = min(tracing.queue.batch, tracing.queue.capacity)
        }
        if let node = fields["interval"] {
            tracing.queue.interval = duration(node, "interval") ?? tracing.queue.interval
        }
        return tracing
    }

    /// Reads what every collector has.
    ///
    /// - Parameter path: where it takes them unless the endpoint says otherwise.
    mutating func collector(_ fields: Fields, path: String) -> GatewayConfiguration.Collector? {
        guard let endpoint = fields["endpoint"], let (server, path) = server(endpoint, path) else { return nil }
        var collector = GatewayConfiguration.Collector(server: server, path: path)
        if let node = fields["ca"] { collector.authority = self.path(node, "ca") }
        if let node = fields["service"] { collector.service = text(node, "service") ?? collector.service }
        if let node = fields["headers_env"], let name = text(node, "headers_env") {
            collector.fields = self.fields(node, ofVariable: name)
        }
        return collector
    }

    /// `http://host:port/path`; without a path it is OTLP's own.
    private mutating func server(
        _ node: YAMLNode,
        _ ownPath: String
    ) -> (server: GatewayConfiguration.UpstreamAPI.Server, path: String)? {
        guard let text = text(node, "endpoint") else { return nil }
        for (scheme, port) in [("http", 80), ("https", 443)] where text.hasPrefix("\(scheme)://") {
            let rest = text.dropFirst(scheme.count + 3)
            let authority = String(rest.prefix { $0 != "/" })
            let path = String(rest.dropFirst(authority.count))
            guard !text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }),
                !text.contains(where: { "?#@".contains($0) }),
                let address = GatewayConfiguration.Address(authority)
                    ?? GatewayConfiguration.Address("\(authority):\(port)")
            else { break }
            return (
                .init(scheme: scheme, host: address.host, port: address.port),
                path.isEmpty || path == "/" ? ownPath : path
            )
        }
        note(
            node,
            "endpoint must be a URL of http or https, not \(node.kind)",
            hint: "for example http://127.0.0.1:4318\(ownPath)"
        )
        return nil
    }

    private mutating func share(_ node: YAMLNode) -> Double? {
        guard let text = text(node, "sample") else { return nil }
        guard let share = Double(text), (0...1).contains(share) else {
            note(node, "sample must be a number from 0 to 1, not \(node.kind)")
            return nil
        }
        return share
    }

    /// Fields from a variable, as `OTEL_EXPORTER_OTLP_HEADERS` holds them: `name=value,name=value`.
    private mutating func fields(
        _ node: YAMLNode,
        ofVariable name: String
    ) -> [GatewayConfiguration.Collector.Field] {
        guard let value = variable(node, name, form: "name=value,name=value") else { return [] }
        var fields: [GatewayConfiguration.Collector.Field] = []
        for pair in value.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].trimmingSpaces
            guard parts.count == 2, !name.isEmpty, name.utf8.allSatisfy(Self.isToken),
                parts[1].utf8.allSatisfy({ (0x20...0x7E).contains($0) })
            else {
                // The value is a secret, so it is not shown.
                note(node, "a part of the environment variable is not 'name=value'")
                return []
            }
            fields.append(.init(name: name, value: parts[1].trimmingSpaces))
        }
        return fields
    }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}

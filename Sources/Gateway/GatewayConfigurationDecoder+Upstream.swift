import PolicyLanguage

extension GatewayConfigurationDecoder {
    mutating func upstream(_ node: YAMLNode, into upstream: inout GatewayConfiguration.UpstreamAPI) {
        let hasServers = hasKey("servers", in: node)
        let fields = fields(
            of: node,
            "'upstream'",
            known: GatewayConfigurationKeys.upstream,
            required: hasServers ? [] : ["url"]
        )
        api(node, fields, "'upstream'", into: &upstream)
    }

    /// Reads what servers of any API have, whatever it is for.
    mutating func api(
        _ node: YAMLNode,
        _ fields: Fields,
        _ what: String,
        into upstream: inout GatewayConfiguration.UpstreamAPI
    ) {
        if let node = fields["servers"] {
            if fields["url"] != nil { note(node, "\(what) has both 'url' and 'servers'", hint: "keep one of them") }
            if let items = list(node, "servers"), !items.isEmpty {
                upstream.servers = items.map { server($0, of: what) }
            }
        } else if let node = fields["url"], let server = server(at: node) {
            upstream.servers = [server]
        }
        if let node = fields["ca"] { upstream.authority = path(node, "ca") }
        identity(node, fields, what, into: &upstream)
        if let node = fields["authorization_env"], let name = text(node, "authorization_env") {
            upstream.authorization = variable(node, name, form: "Bearer <key>")
        }
        let times: [(String, WritableKeyPath<GatewayConfiguration.UpstreamAPI, Duration>)] = [
            ("connect_timeout", \.connectTimeout), ("first_byte_timeout", \.firstByteTimeout),
            ("idle_timeout", \.idleTimeout), ("total_timeout", \.totalTimeout),
            ("connection_age", \.connectionAge), ("breaker_time", \.breakerTime),
        ]
        for (key, path) in times {
            if let node = fields[key], let value = duration(node, key) { upstream[keyPath: path] = value }
        }
        let numbers: [(String, WritableKeyPath<GatewayConfiguration.UpstreamAPI, Int>, ClosedRange<Int>)] = [
            ("connections", \.connections, 1...100_000), ("waiting", \.waiting, 1...1_000_000),
            ("retries", \.retries, 0...10),
        ]
        for (key, path, range) in numbers {
            if let node = fields[key], let value = integer(node, key, in: range) { upstream[keyPath: path] = value }
        }
        if let node = fields["http2"] { upstream.http2 = choice(node, "http2") ?? upstream.http2 }
        if let node = fields["breaker_failures"], let value = integer(node, "breaker_failures", in: 0...1_000_000) {
            upstream.breakerFailures = value == 0 ? nil : value
        }
        if let node = fields["health"] { health(node, into: &upstream) }
    }

    func hasKey(_ key: String, in node: YAMLNode) -> Bool {
        guard case .mapping(let entries) = node.content else { return false }
        return entries.contains { $0.name == key }
    }

    private mutating func server(_ node: YAMLNode, of what: String) -> GatewayConfiguration.UpstreamAPI.Server {
        let fields = fields(
            of: node,
            "a server of \(what)",
            known: GatewayConfigurationKeys.server,
            required: ["url"]
        )
        var server = GatewayConfiguration.UpstreamAPI.Server(scheme: "http", host: "127.0.0.1", port: 80)
        if let node = fields["url"] { server = self.server(at: node) ?? server }
        if let node = fields["weight"] { server.weight = integer(node, "weight", in: 1...1000) ?? 1 }
        return server
    }

    /// `http://host:port`, `https://host:port`, or `unix:PATH`, which is HTTP through a socket's file.
    private mutating func server(at node: YAMLNode) -> GatewayConfiguration.UpstreamAPI.Server? {
        if let text = node.text, text.hasPrefix("unix:") {
            guard let path = socketPath(node, text) else { return nil }
            var server = GatewayConfiguration.UpstreamAPI.Server(scheme: "http", host: "localhost", port: 80)
            server.socketPath = path
            return server
        }
        return url(node).map { .init(scheme: $0.scheme, host: $0.host, port: $0.port) }
    }

    private mutating func identity(
        _ node: YAMLNode,
        _ fields: Fields,
        _ what: String,
        into upstream: inout GatewayConfiguration.UpstreamAPI
    ) {
        guard fields["certificate"] != nil || fields["key"] != nil else { return }
        guard let certificate = fields["certificate"], let key = fields["key"] else {
            return note(node, "\(what) has only one of 'certificate' and 'key'")
        }
        upstream.identity = .init(
            certificate: path(certificate, "certificate") ?? "",
            key: path(key, "key") ?? ""
        )
    }

    private mutating func health(_ node: YAMLNode, into upstream: inout GatewayConfiguration.UpstreamAPI) {
        let fields = fields(of: node, "'health'", known: GatewayConfigurationKeys.health, required: ["path"])
        if let node = fields["path"], let text = text(node, "path") {
            if text.hasPrefix("/") {
                upstream.healthPath = text
            } else {
                note(node, "path must begin with a slash, not \(node.kind)")
            }
        }
        if let node = fields["interval"] {
            upstream.healthInterval = duration(node, "interval") ?? upstream.healthInterval
        }
        if let node = fields["timeout"] {
            upstream.healthTimeout = duration(node, "timeout") ?? upstream.healthTimeout
        }
    }
}

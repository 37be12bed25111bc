import Listening
import PolicyLanguage

extension GatewayConfigurationDecoder {
    mutating func listen(_ node: YAMLNode, into configuration: inout GatewayConfiguration) {
        let fields = fields(
            of: node,
            "'listen'",
            known: GatewayConfigurationKeys.listen,
            required: ["address", "tls"]
        )
        if let node = fields["address"] {
            configuration.listen = listenAddress(node) ?? configuration.listen
        }
        if let node = fields["proxy_protocol"] { configuration.trustedPeers = trustedPeers(node) }
        if let node = fields["trusted_proxies"] { configuration.trustedProxies = networks(node, "trusted_proxies") }
        if let node = fields["reuse_port"] {
            configuration.sharesPort = boolean(node, "reuse_port") ?? false
            if configuration.sharesPort, !configuration.listen.isPort {
                note(node, "reuse_port is for addresses of the form host:port")
            }
        }
        if let node = fields["socket_mode"] {
            configuration.socketMode = permissions(node, "socket_mode") ?? configuration.socketMode
        }
        guard let node = fields["tls"] else { return }
        // Plain HTTP has to be asked for by name: a forgotten block must not open a port without TLS.
        if node.text == "off" { return }
        let tls = self.fields(
            of: node,
            "'tls'",
            known: GatewayConfigurationKeys.tls,
            required: ["certificate", "key"]
        )
        configuration.tls = GatewayConfiguration.ServerTLS(
            certificate: tls["certificate"].flatMap { path($0, "certificate") } ?? "",
            key: tls["key"].flatMap { path($0, "key") } ?? "",
            clientAuthority: tls["client_ca"].flatMap { path($0, "client_ca") }
        )
        if let node = tls["client_certificate"] {
            let choice: ClientCertificate? = choice(node, "client_certificate")
            configuration.tls?.takesClientsWithoutCertificate = choice == .optional
            if tls["client_ca"] == nil {
                note(node, "client_certificate is for clients that are asked for one", hint: "set 'client_ca' too")
            }
        }
        configuration.tls?.ocsp = tls["ocsp"].flatMap { path($0, "ocsp") }
        guard let node = tls["additional"], let items = list(node, "additional") else { return }
        configuration.tls?.additional = items.map { identity($0) }
    }

    private enum ClientCertificate: String, CaseIterable {
        case required, optional
    }

    private mutating func identity(_ node: YAMLNode) -> GatewayConfiguration.ServerTLS.Identity {
        let fields = fields(
            of: node,
            "a certificate of 'additional'",
            known: GatewayConfigurationKeys.identity,
            required: ["certificate", "key"]
        )
        return .init(
            certificate: fields["certificate"].flatMap { path($0, "certificate") } ?? "",
            key: fields["key"].flatMap { path($0, "key") } ?? "",
            ocsp: fields["ocsp"].flatMap { path($0, "ocsp") }
        )
    }

    /// `host:port`, `unix:PATH`, `systemd` or `systemd:NAME`.
    private mutating func listenAddress(_ node: YAMLNode) -> GatewayConfiguration.ListenAddress? {
        guard let text = text(node, "address") else { return nil }
        if text.hasPrefix("unix:") { return socketPath(node, text).map { .unix($0) } }
        if text == "systemd" { return .inherited(nil) }
        if text.hasPrefix("systemd:"), text != "systemd:" { return .inherited(String(text.dropFirst(8))) }
        guard let address = GatewayConfiguration.Address(text) else {
            note(
                node,
                "address must be host:port, unix:PATH or systemd:NAME, not \(node.kind)",
                hint: "for example 127.0.0.1:8443"
            )
            return nil
        }
        return .tcp(address)
    }

    /// The absolute path behind `unix:`. The system has room for 107 bytes of it.
    mutating func socketPath(_ node: YAMLNode, _ text: String) -> String? {
        let name = String(text.dropFirst("unix:".count))
        guard !name.isEmpty, !name.hasPrefix("//") else {
            note(node, "unix: is followed by a path, not \(node.kind)", hint: "for example unix:/run/guardian/api.sock")
            return nil
        }
        guard !name.utf8.contains(0) else {
            note(node, "the path of a unix socket must not hold a null character")
            return nil
        }
        let path = AbsolutePath.make(name, in: folder)
        guard path.utf8.count <= 107 else {
            note(node, "the path of a unix socket has at most 107 bytes, \(path.clipped) has \(path.utf8.count)")
            return nil
        }
        return path
    }

    /// Addresses, networks, and `unix`.
    private mutating func trustedPeers(_ node: YAMLNode) -> TrustedPeers {
        var peers = TrustedPeers()
        for item in list(node, "proxy_protocol") ?? [] {
            guard let text = text(item, "a peer of 'proxy_protocol'") else { continue }
            if text == "unix" {
                peers.includesUnixSockets = true
            } else if let network = IPNetwork(text) {
                peers.networks.append(network)
            } else {
                note(
                    item,
                    "a peer of 'proxy_protocol' must be an address, a network or unix, not \(item.kind)",
                    hint: "for example 10.0.0.0/8, with no bit set behind the first 8"
                )
            }
        }
        return peers
    }

    /// Three octal digits, perhaps with a zero in front, as chmod takes them.
    private mutating func permissions(_ node: YAMLNode, _ what: String) -> UInt16? {
        guard let text = text(node, what) else { return nil }
        guard (3...4).contains(text.utf8.count), let mode = UInt16(text, radix: 8), mode <= 0o777 else {
            note(node, "\(what) must be file permissions such as 0660, not \(node.kind)")
            return nil
        }
        return mode
    }
}

extension GatewayConfiguration.ListenAddress {
    fileprivate var isPort: Bool { if case .tcp = self { true } else { false } }
}

extension GatewayConfiguration.ListenAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .tcp(let address): "\(address.host):\(address.port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let name): name.map { "systemd:\($0)" } ?? "systemd"
        }
    }
}

import DecisionStore
import PolicyLanguage

extension GatewayConfigurationDecoder {
    mutating func admin(_ node: YAMLNode, into configuration: inout GatewayConfiguration) {
        let fields = fields(of: node, "'admin'", known: GatewayConfigurationKeys.admin, required: ["address"])
        if let node = fields["address"] { configuration.admin = address(node, "address") ?? configuration.admin }
        if let node = fields["token_sha256"] { configuration.administration.tokenDigest = digest(node, "token_sha256") }
        guard let node = fields["tls"] else { return }
        let tls = self.fields(
            of: node,
            "'tls' of 'admin'",
            known: GatewayConfigurationKeys.adminTLS,
            required: ["certificate", "key"]
        )
        configuration.administration.tls = GatewayConfiguration.ServerTLS(
            certificate: tls["certificate"].flatMap { path($0, "certificate") } ?? "",
            key: tls["key"].flatMap { path($0, "key") } ?? "",
            clientAuthority: tls["client_ca"].flatMap { path($0, "client_ca") }
        )
        // Probes and scrapes have none. The dashboard looks for one itself.
        configuration.administration.tls?.takesClientsWithoutCertificate = true
    }

    mutating func store(_ node: YAMLNode, into store: inout GatewayConfiguration.Store) {
        let fields = fields(of: node, "'store'", known: GatewayConfigurationKeys.store)
        if let node = fields["path"], let path = path(node, "path") {
            store.place = .file(path)
            store.retention.decisions = StoreRetention().decisions
        }
        if let node = fields["postgresql"], let address = text(node, "postgresql") {
            if fields["path"] != nil {
                note(node, "'store' has both 'path' and 'postgresql'", hint: "keep one of them")
            }
            store.place = .postgresql(.init(address: address))
            store.retention.decisions = StoreRetention().decisions
        }
        if let node = fields["keep"] { store.retention.age = duration(node, "keep") ?? store.retention.age }
        if let node = fields["decisions"] {
            let count = integer(node, "decisions", in: 1...100_000_000)
            store.retention.decisions = count ?? store.retention.decisions
        }
    }

    private mutating func digest(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = text(node, what) else { return nil }
        guard text.utf8.count == 64, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else {
            note(
                node,
                "\(what) must be 64 lower-case hexadecimal digits, not \(node.kind)",
                hint: "printf %s TOKEN | sha256sum"
            )
            return nil
        }
        return text
    }
}

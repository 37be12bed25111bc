import PolicyLanguage

extension GatewayConfigurationDecoder {
    /// Reads a mapping that may have the keys which are declared for it.
    mutating func fields(
        of node: YAMLNode,
        _ what: String,
        known: [ConfigurationKey],
        required: [String] = []
    ) -> Fields {
        fields(of: node, what, known: known.map(\.name), required: required)
    }

    /// A path, made absolute.
    mutating func path(_ node: YAMLNode, _ what: String) -> String? {
        fileName(node, what).map { AbsolutePath.make($0, in: folder) }
    }

    /// The name of a header field (RFC 9110, section 5.1).
    mutating func fieldName(_ node: YAMLNode, _ what: String) -> String? {
        guard let name = text(node, what) else { return nil }
        guard name.utf8.allSatisfy(Self.isToken) else {
            note(node, "\(what) must be the name of a header field, not \(node.kind)", hint: "for example x-tenant")
            return nil
        }
        return name
    }

    /// Whether the byte may stand in the name of a field.
    static func isToken(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    /// `host:port`; the host of an IPv6 address stands in brackets.
    mutating func address(_ node: YAMLNode, _ what: String) -> GatewayConfiguration.Address? {
        guard let text = text(node, what) else { return nil }
        guard let address = GatewayConfiguration.Address(text) else {
            note(node, "\(what) must be host:port, not \(node.kind)", hint: "for example 127.0.0.1:8443")
            return nil
        }
        return address
    }

    /// `http://host[:port]` or `https://host[:port]`, nothing more: paths are the caller's.
    mutating func url(_ node: YAMLNode) -> (scheme: String, host: String, port: Int)? {
        guard let text = text(node, "url") else { return nil }
        for (scheme, port) in [("http", 80), ("https", 443)] where text.hasPrefix("\(scheme)://") {
            let rest = text.dropFirst(scheme.count + 3)
            let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
            if authority.contains(where: { "/?#@ ".contains($0) }) { break }
            if let address = GatewayConfiguration.Address(String(authority)) {
                return (scheme, address.host, address.port)
            }
            if let address = GatewayConfiguration.Address("\(authority):\(port)") {
                return (scheme, address.host, address.port)
            }
        }
        note(
            node,
            "url must be http://host:port, https://host:port or unix:PATH, not \(node.kind)",
            hint: "the path is taken from each request"
        )
        return nil
    }

    /// A number with a unit: `500ms`, `20s`, `5m`, `24h`.
    mutating func duration(_ node: YAMLNode, _ what: String) -> Duration? {
        guard let text = text(node, what) else { return nil }
        let units: [(String, Duration)] = [
            ("ms", .milliseconds(1)), ("s", .seconds(1)), ("m", .seconds(60)),
            ("h", .seconds(3600)),
        ]
        for (unit, length) in units where text.hasSuffix(unit) {
            guard let count = Int(text.dropLast(unit.count)), (1...86_400_000).contains(count) else { break }
            return length * count
        }
        note(node, "\(what) must be a time such as 500ms, 20s or 5m, not \(node.kind)")
        return nil
    }

    /// A number of bytes: `65536`, `64KiB`, `10MiB`.
    ///
    /// - Parameter most: the greatest that is taken. One piece of data is never near 1 GiB, what many of them take together may be.
    mutating func size(_ node: YAMLNode, _ what: String, upTo most: Int = 1 << 30) -> Int? {
        guard let text = text(node, what) else { return nil }
        for (unit, bytes) in [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)] where text.hasSuffix(unit)
        {
            guard let count = Int(text.dropLast(unit.count)), count >= 1, count <= most / bytes else { break }
            return count * bytes
        }
        note(node, "\(what) must be a size such as 64KiB or 10MiB, \(most >> 30)GiB at the most, not \(node.kind)")
        return nil
    }

    /// The value of an environment variable. Where it is not set, that is an error and there is none, or an empty one stands for it.
    ///
    /// - Parameter form: what it should be set to.
    mutating func variable(_ node: YAMLNode, _ name: String, form: String) -> String? {
        if let value = environment[name], !value.isEmpty { return value }
        guard takesUnsetVariables else {
            note(node, "the environment variable \(name.clipped) is not set", hint: "set it to '\(form)'")
            return nil
        }
        if !unsetVariables.contains(name) { unsetVariables.append(name) }
        return ""
    }

    mutating func integer(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(node, what) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            note(node, "\(what) must be a number from \(range.lowerBound) to \(range.upperBound), not \(node.kind)")
            return nil
        }
        return number
    }

    mutating func boolean(_ node: YAMLNode, _ what: String) -> Bool? {
        switch node.text {
        case "true": return true
        case "false": return false
        default:
            note(node, "\(what) must be true or false, not \(node.kind)")
            return nil
        }
    }
}

extension GatewayConfiguration.Address {
    /// Reads `host:port` or `[v6]:port`; nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: \.isWhitespace) else { return nil }
        self.init(host: String(host), port: port)
    }
}

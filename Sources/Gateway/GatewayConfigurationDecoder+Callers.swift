import Guard
import Listening
import PolicyLanguage

extension GatewayConfigurationDecoder {
    mutating func callers(_ node: YAMLNode, into callers: inout GatewayConfiguration.Callers) {
        let fields = fields(of: node, "'callers'", known: GatewayConfigurationKeys.callers)
        if let node = fields["keys"] { callers.keys = path(node, "keys") }
        if let node = fields["trusted_peers"] { callers.trustedPeers = networks(node, "trusted_peers") }
        let range = 1...CallerKeys.largestLimit
        if let node = fields["requests_per_minute"] {
            callers.limits.requestsPerMinute = integer(node, "requests_per_minute", in: range)
        }
        if let node = fields["tokens_per_minute"] {
            callers.limits.tokensPerMinute = integer(node, "tokens_per_minute", in: range)
        }
    }

    /// Reads `tenant_header`. Where nobody is trusted to set it and no key says whom its requests are for, each request would be
    /// judged as nobody's, whatever the policy says about tenants.
    ///
    /// - Parameter callers: what the file says about them; nil if nothing.
    mutating func tenantField(_ node: YAMLNode, beside callers: YAMLNode?) -> String? {
        var known: [String] = []
        if case .mapping(let entries)? = callers?.content { known = entries.map(\.name) }
        if !known.contains("trusted_peers"), !known.contains("keys") {
            note(
                node,
                "nobody is believed about 'tenant_header'",
                hint: "name who sets it, for example callers: {trusted_peers: [10.0.0.0/8]}"
            )
        }
        return fieldName(node, "tenant_header")
    }

    /// Addresses and blocks of them.
    mutating func networks(_ node: YAMLNode, _ what: String) -> [IPNetwork] {
        var networks: [IPNetwork] = []
        for item in list(node, what) ?? [] {
            guard let text = text(item, "a peer") else { continue }
            if let network = IPNetwork(text) {
                networks.append(network)
            } else {
                note(
                    item,
                    "a peer must be an IP address or a block of them, not \(item.kind)",
                    hint: "for example 10.0.0.0/8 or ::1, with nothing behind the prefix but zeros"
                )
            }
        }
        return networks
    }

    private enum UnknownConversations: String, CaseIterable {
        case judge, refuse
    }

    mutating func conversations(_ node: YAMLNode, into configuration: inout GatewayConfiguration) {
        let fields = fields(of: node, "'conversations'", known: GatewayConfigurationKeys.conversations)
        if let node = fields["unknown"] {
            let choice: UnknownConversations? = choice(node, "unknown")
            configuration.refusesUnknownConversations = choice == .refuse
        }
        if let node = fields["entries"] {
            let count = integer(node, "entries", in: 1...10_000_000)
            configuration.conversationLimits.conversations = count ?? configuration.conversationLimits.conversations
        }
        if let node = fields["bytes"] {
            let bytes = size(node, "bytes", upTo: 64 << 30)
            configuration.conversationLimits.bytes = bytes ?? configuration.conversationLimits.bytes
        }
    }
}

import Audit
import GuardCore
import PolicyLanguage
import Transformer

/// Turns the tree of a configuration file into a `GatewayConfiguration`. Relative paths start at the file's folder.
struct GatewayConfigurationDecoder: YAMLDecoding {
    var problems: [Problem] = []
    /// The folder of the file, absolute.
    let folder: String
    let environment: [String: String]
    let processors: Int
    /// Whether a variable that is not set is no error, and stands for an empty value.
    var takesUnsetVariables = false
    /// Those that were taken so, in the order of the file.
    var unsetVariables: [String] = []

    /// The version of the format that this decoder reads.
    private static let version = "1"

    mutating func configuration(_ root: YAMLNode) -> GatewayConfiguration {
        let fields = fields(
            of: root,
            "a configuration",
            known: GatewayConfigurationKeys.root,
            required: ["version", "listen", "upstream", "policy", "model"]
        )
        if let node = fields["version"], !node.isRefused, node.text != Self.version {
            note(node, "version must be \(Self.version), not \(node.kind)")
        }
        var configuration = GatewayConfiguration(
            listen: .tcp(.init(host: "127.0.0.1", port: 8443)),
            admin: .init(host: "127.0.0.1", port: 9901),
            upstream: .init(scheme: "http", host: "127.0.0.1", port: 8081),
            policy: "",
            model: .init(file: "", threads: ComputePool.threads(forProcessors: processors))
        )
        if let node = fields["listen"] { listen(node, into: &configuration) }
        if let node = fields["admin"] { admin(node, into: &configuration) }
        if let node = fields["upstream"] { upstream(node, into: &configuration.upstream) }
        if let node = fields["policy"] { configuration.policy = path(node, "policy") ?? "" }
        if let node = fields["candidate"] {
            configuration.candidate = path(node, "candidate")
            if configuration.candidate == configuration.policy {
                note(node, "'candidate' is the file of 'policy'", hint: "name the policy that is to be tried beside it")
            }
        }
        if let node = fields["trial_headers"] {
            configuration.tellsTrials = boolean(node, "trial_headers") ?? false
        }
        if let node = fields["conversations"] { conversations(node, into: &configuration) }
        if let node = fields["callers"] { callers(node, into: &configuration.callers) }
        if let node = fields["tenant_header"] {
            configuration.tenantField = tenantField(node, beside: fields["callers"])
        }
        if let node = fields["model"] { model(node, into: &configuration.model) }
        if let node = fields["engines"] { configuration.engines = engines(node) }
        if let node = fields["judge"] {
            configuration.judge = judge(node, among: configuration.engines)
        } else if let node = fields["engines"] {
            note(node, "no engine of 'engines' is asked", hint: "add 'judge: {engines: [embedded, NAME]}'")
        }
        if let node = fields["audit"] { audit(node, into: &configuration.audit) }
        if let node = fields["store"] { store(node, into: &configuration.store) }
        if let node = fields["tracing"] { configuration.tracing = tracing(node) }
        if let node = fields["limits"] { limits(node, into: &configuration) }
        if let node = fields["unrecognised_paths"] {
            let choice: UnrecognisedPaths? = choice(node, "unrecognised_paths")
            configuration.passesUnrecognised = choice == .pass
        }
        if let node = fields["drain_timeout"] {
            configuration.drainTimeout = duration(node, "drain_timeout") ?? configuration.drainTimeout
        }
        configuration.eventLoops = processors
        if let node = fields["event_loops"] {
            configuration.eventLoops = integer(node, "event_loops", in: 1...256) ?? processors
        }
        return configuration
    }

    private enum UnrecognisedPaths: String, CaseIterable {
        case refuse, pass
    }

    private mutating func model(_ node: YAMLNode, into model: inout GatewayConfiguration.Model) {
        let replaced = entries(of: node, named: ["trunk", "guardian"])
        for entry in replaced {
            note(
                entry.key,
                "'\(entry.name)' is no longer read: the model is one packed file",
                hint: "write 'file: guardian.slm', the path of what make model or guardian model pack makes"
            )
        }
        let fields = fields(
            of: node,
            "'model'",
            known: GatewayConfigurationKeys.model.map(\.name) + replaced.map(\.name),
            required: replaced.isEmpty ? ["file"] : []
        )
        if let node = fields["file"] { model.file = path(node, "file") ?? "" }
        if let node = fields["timeout"] { model.timeout = duration(node, "timeout") ?? model.timeout }
        if let node = fields["safeguard_timeout"] {
            model.safeguardTimeout = duration(node, "safeguard_timeout") ?? model.safeguardTimeout
        }
        if let node = fields["queue"] { model.queue = integer(node, "queue", in: 1...100_000) ?? model.queue }
        if let node = fields["threads"] {
            model.threads = integer(node, "threads", in: 1...ComputePool.maximumThreads) ?? model.threads
        }
        // Making room looks at every page that is kept: with more of them that would take as long as reading a text does.
        if let node = fields["memory"], let memory = size(node, "memory", upTo: 8 << 30) {
            let least = GatewayConfiguration.Model.leastMemory
            if memory < least { note(node, "'memory' must be \(least >> 20)MiB or more") }
            model.memory = max(memory, least)
        }
    }

    private func entries(of node: YAMLNode, named names: [String]) -> [YAMLEntry] {
        guard case .mapping(let entries) = node.content else { return [] }
        return entries.filter { names.contains($0.name) }
    }

    private mutating func audit(_ node: YAMLNode, into audit: inout GatewayConfiguration.AuditLog) {
        let fields = fields(of: node, "'audit'", known: GatewayConfigurationKeys.audit)
        if let node = fields["path"], node.text != "-", let path = path(node, "path") { audit.place = .file(path) }
        if let node = fields["syslog"], let path = path(node, "syslog") {
            if fields["path"] != nil { note(node, "'audit' has both 'path' and 'syslog'", hint: "keep one of them") }
            audit.place = .syslog(path)
        }
        if let node = fields["otlp"] {
            let others = ["path", "syslog"].filter { fields[$0] != nil }
            for other in others { note(node, "'audit' has both '\(other)' and 'otlp'", hint: "keep one of them") }
            let fields = self.fields(
                of: node,
                "'otlp' of 'audit'",
                known: GatewayConfigurationKeys.auditCollector,
                required: ["endpoint"]
            )
            if let collector = collector(fields, path: "/v1/logs") { audit.place = .collector(collector) }
        }
        if let node = fields["content"] { audit.content = contentScope(node) }
        if let node = fields["content_certificate"] {
            audit.contentCertificate = path(node, "content_certificate")
            if audit.content == .none { note(node, "no content is recorded", hint: "set 'content' beside it") }
        }
        if let node = fields["queue"] { audit.queue = integer(node, "queue", in: 1...1_000_000) ?? audit.queue }
        if let node = fields["overflow"] { audit.overflow = choice(node, "overflow") ?? audit.overflow }
        if let node = fields["rotate"] { rotation(node, into: &audit) }
        if let node = fields["signing_key"] { audit.signingKey = path(node, "signing_key") }
        if let node = fields["checkpoint_every"] {
            audit.checkpointInterval = integer(node, "checkpoint_every", in: 1...1_000_000) ?? audit.checkpointInterval
        }
    }

    /// `true`, `false`, or a list of categories.
    private mutating func contentScope(_ node: YAMLNode) -> GatewayConfiguration.AuditLog.ContentScope {
        guard case .sequence = node.content else { return boolean(node, "content") == true ? .all : .none }
        let found: [HarmCategory] = (list(node, "content") ?? []).compactMap { choice($0, "a category") }
        return .found(Set(found))
    }

    private mutating func rotation(_ node: YAMLNode, into audit: inout GatewayConfiguration.AuditLog) {
        if case .file = audit.place {} else { note(node, "only a file is rotated", hint: "set 'path' to one") }
        let fields = fields(of: node, "'rotate'", known: GatewayConfigurationKeys.rotate)
        if fields["size"] == nil, fields["age"] == nil { note(node, "'rotate' has neither 'size' nor 'age'") }
        if let node = fields["size"] { audit.rotation.size = size(node, "size", upTo: 64 << 30) }
        if let node = fields["age"] { audit.rotation.age = duration(node, "age") }
        if let node = fields["keep"] { audit.rotation.keep = integer(node, "keep", in: 1...10_000) ?? 10 }
        if let node = fields["compress"] {
            audit.rotation.compression = choice(node, "compress") ?? audit.rotation.compression
        }
    }
}

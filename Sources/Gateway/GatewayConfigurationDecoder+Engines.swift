import Engines
import PolicyLanguage

extension GatewayConfigurationDecoder {
    mutating func engines(_ node: YAMLNode) -> [GatewayConfiguration.Engine] {
        var engines: [GatewayConfiguration.Engine] = []
        for node in list(node, "engines") ?? [] {
            guard let engine = engine(node) else { continue }
            if engines.contains(where: { $0.name == engine.name }) {
                note(node, "the engine '\(engine.name.clipped)' is given twice")
            }
            engines.append(engine)
        }
        return engines
    }

    private mutating func engine(_ node: YAMLNode) -> GatewayConfiguration.Engine? {
        let hasServers = hasKey("servers", in: node)
        let fields = fields(
            of: node,
            "an engine",
            known: GatewayConfigurationKeys.engines,
            required: ["name", "template", "model"] + (hasServers ? [] : ["url"])
        )
        var api = GatewayConfiguration.UpstreamAPI(scheme: "http", host: "127.0.0.1", port: 80)
        // An answer that has not begun is not waited for longer than all of it.
        api.connectTimeout = .seconds(2)
        api.connections = 64
        self.api(node, fields, "an engine", into: &api)
        let name = fields["name"].flatMap { engineName($0) }
        let kind: GuardModelKind? = fields["template"].flatMap { choice($0, "template") }
        let model = fields["model"].flatMap { text($0, "model") }
        guard let name, let kind, let model else { return nil }
        var settings = RemoteEngine.Settings(model: model, kind: kind)
        if let node = fields["instruction"] {
            settings.instruction = text(node, "instruction")
            if kind != .instruction {
                note(node, "the template \(kind.rawValue) has its own words", hint: "write 'template: instruction'")
            }
        }
        if let node = fields["timeout"] { settings.timeout = duration(node, "timeout") ?? settings.timeout }
        if let node = fields["probabilities"] {
            settings.asksProbabilities = boolean(node, "probabilities") ?? true
        }
        if let node = fields["text_size"], let size = size(node, "text_size") {
            settings.windowBytes = size
            if size < 256 { note(node, "text_size must be at least 256 bytes, not \(node.kind)") }
        }
        if let node = fields["context_size"] {
            settings.contextBytes = size(node, "context_size") ?? settings.contextBytes
        }
        if let node = fields["concurrency"] {
            settings.concurrency = integer(node, "concurrency", in: 1...256) ?? settings.concurrency
        }
        for path in [\GatewayConfiguration.UpstreamAPI.firstByteTimeout, \.idleTimeout, \.totalTimeout] {
            api[keyPath: path] = settings.timeout
        }
        var engine = GatewayConfiguration.Engine(name: name, settings: settings, api: api)
        if let node = fields["hedge_after"] {
            engine.hedgeAfter = duration(node, "hedge_after")
            if api.servers.count < 2 { note(node, "'hedge_after' needs a second server", hint: "add one to 'servers'") }
        }
        if let node = fields["queue"] { engine.queue = integer(node, "queue", in: 1...100_000) ?? engine.queue }
        // A request that is alone must not be in its own way.
        engine.settings.concurrency = min(engine.settings.concurrency, engine.queue)
        return engine
    }

    private mutating func engineName(_ node: YAMLNode) -> String? {
        guard let name = text(node, "name") else { return nil }
        let isName =
            (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F
            }
        guard isName, name != GatewayConfiguration.Judge.embedded else {
            note(
                node,
                "name must be 1 to 40 small letters, digits, '-' and '_', and not 'embedded', not \(node.kind)"
            )
            return nil
        }
        return name
    }

    /// - Parameter engines: those that may be named.
    mutating func judge(_ node: YAMLNode, among engines: [GatewayConfiguration.Engine]) -> GatewayConfiguration.Judge {
        let fields = fields(of: node, "'judge'", known: GatewayConfigurationKeys.judge, required: ["engines"])
        var judge = GatewayConfiguration.Judge()
        if let node = fields["rule"] { judge.rule = choice(node, "rule") ?? judge.rule }
        guard let node = fields["engines"], let items = list(node, "engines") else { return judge }
        var voices: [GatewayConfiguration.Judge.Voice] = []
        for item in items {
            guard let voice = voice(item, rule: judge.rule) else { continue }
            if voices.contains(where: { $0.name == voice.name }) {
                note(item, "'\(voice.name.clipped)' is named twice")
            }
            if voice.name != GatewayConfiguration.Judge.embedded, !engines.contains(where: { $0.name == voice.name }) {
                note(
                    item,
                    "there is no engine '\(voice.name.clipped)'",
                    hint: "the engine inside is called 'embedded', others stand under 'engines'"
                )
            }
            voices.append(voice)
        }
        if fields["rule"] != nil, voices.count == 1 {
            note(node, "'judge.rule' has no effect on one engine", hint: "leave it out")
        }
        if !voices.isEmpty { judge.voices = voices }
        return judge
    }

    /// A name, or a name with a weight.
    private mutating func voice(
        _ node: YAMLNode,
        rule: EngineEnsemble.Rule
    ) -> GatewayConfiguration.Judge.Voice? {
        guard case .mapping = node.content else { return text(node, "engines").map { .init($0) } }
        let fields = fields(of: node, "an engine of 'judge'", known: ["name", "weight"], required: ["name", "weight"])
        guard let name = fields["name"].flatMap({ text($0, "name") }) else { return nil }
        var voice = GatewayConfiguration.Judge.Voice(name)
        if let node = fields["weight"] {
            voice.weight = integer(node, "weight", in: 1...1000) ?? 1
            if rule != .weighted { note(node, "'weight' has no effect here", hint: "write 'rule: weighted'") }
        }
        return voice
    }
}

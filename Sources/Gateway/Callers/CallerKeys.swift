import PolicyLanguage

/// The keys that callers may show, by their hash: who reads the file learns no key.
struct CallerKeys: Sendable, Equatable {
    /// By SHA-256 of the key, in lower-case hexadecimal digits. A key is random and long, so one round is enough, and looking
    /// up a hash tells nobody by its time how much of a key was right.
    var callers: [String: Caller] = [:]

    /// Reads a file of keys.
    ///
    /// - Throws: `PolicyError` with every error of the file at file:line:column.
    static func load(path: String) throws(PolicyError) -> CallerKeys {
        try decode(try YAMLText(path: path))
    }

    static func decode(_ text: YAMLText) throws(PolicyError) -> CallerKeys {
        var decoder = CallerKeysDecoder()
        return try text.decode(with: &decoder) { decoder, root in decoder.keys(root) }
    }
}

/// Turns the tree of a file of keys into `CallerKeys`.
private struct CallerKeysDecoder: YAMLDecoding {
    var problems: [Problem] = []

    private static let root = ["version", "keys"]
    private static let key = ["name", "sha256", "tenant", "requests_per_minute", "tokens_per_minute"]

    mutating func keys(_ root: YAMLNode) -> CallerKeys {
        let fields = fields(of: root, "a file of keys", known: Self.root, required: Self.root)
        if let node = fields["version"], !node.isRefused, node.text != "1" {
            note(node, "version must be 1, not \(node.kind)")
        }
        var keys = CallerKeys()
        var names: Set<String> = []
        for node in fields["keys"].flatMap({ list($0, "keys") }) ?? [] {
            let fields = self.fields(of: node, "a key", known: Self.key, required: ["name", "sha256"])
            guard let nameNode = fields["name"], let name = text(nameNode, "name"), let hashNode = fields["sha256"],
                let hash = text(hashNode, "sha256")
            else { continue }
            if !names.insert(name).inserted { note(nameNode, "the name '\(name)' is given twice") }
            guard hash.utf8.count == 64,
                hash.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
            else {
                note(hashNode, "sha256 must be 64 lower-case hexadecimal digits", hint: "printf %s KEY | sha256sum")
                continue
            }
            var caller = Caller(name: name)
            if let node = fields["tenant"] { caller.tenant = text(node, "tenant") }
            caller.limits.requestsPerMinute = number(fields["requests_per_minute"], "requests_per_minute")
            caller.limits.tokensPerMinute = number(fields["tokens_per_minute"], "tokens_per_minute")
            if keys.callers.updateValue(caller, forKey: hash) != nil { note(hashNode, "the same key is given twice") }
        }
        return keys
    }

    private mutating func number(_ node: YAMLNode?, _ what: String) -> Int? {
        guard let node, !node.isRefused else { return nil }
        guard let number = node.text.flatMap({ Int($0) }), (1...CallerKeys.largestLimit).contains(number) else {
            note(node, "\(what) must be a number from 1 to \(CallerKeys.largestLimit), not \(node.kind)")
            return nil
        }
        return number
    }
}

extension CallerKeys {
    /// The most that a limit may be.
    static let largestLimit = 1_000_000_000
}

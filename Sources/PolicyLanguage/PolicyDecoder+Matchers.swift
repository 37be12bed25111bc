import Policy

extension PolicyDecoder {
    /// Reads `match`: keywords, regular expressions or both; any of them matching is a match.
    mutating func matchers(_ node: YAMLNode) -> [Matcher] {
        let before = problems.count
        let fields = fields(of: node, "'match'", known: PolicyKeys.match)
        let keywords = fields["keywords"].flatMap { list($0, "'keywords'") } ?? []
        let patterns = fields["regex"].flatMap { list($0, "'regex'") } ?? []
        if keywords.isEmpty, patterns.isEmpty, problems.count == before, !node.isRefused {
            note(node, "'match' looks for nothing", hint: "give it 'keywords', 'regex' or both")
        }
        var matchers: [Matcher] = []
        var known: Set<Matcher> = []
        for (item, matcher) in keywords.map({ ($0, keyword($0)) }) + patterns.map({ ($0, regex($0)) }) {
            guard let matcher else { continue }
            if known.insert(matcher).inserted {
                matchers.append(matcher)
            } else {
                note(item, "this is looked for already")
            }
        }
        return matchers
    }

    /// Reads a word, or `{word: ..., expand: true}`.
    private mutating func keyword(_ node: YAMLNode) -> Matcher? {
        if case .mapping = node.content {
            let fields = fields(of: node, "a keyword", known: PolicyKeys.keyword, required: ["word"])
            if let flag = fields["expand"] { _ = boolean(flag, "expand") }
            return fields["word"].flatMap { keyword(word: $0) }
        }
        return keyword(word: node)
    }

    private mutating func keyword(word node: YAMLNode) -> Matcher? {
        guard let word = text(node, "a keyword") else { return nil }
        if word.first?.isWhitespace == true || word.last?.isWhitespace == true {
            note(node, "a keyword must not begin or end with a space", hint: "words are matched whole already")
            return nil
        }
        return .keyword(word)
    }

    /// Reads a pattern, or `{pattern: ..., ignore_case: true, checksum: luhn}`.
    private mutating func regex(_ node: YAMLNode) -> Matcher? {
        var patternNode = node
        var ignoreCase = false
        var checksum: Checksum?
        if case .mapping = node.content {
            let fields = fields(
                of: node,
                "a regular expression",
                known: PolicyKeys.regex,
                required: ["pattern"]
            )
            if let flag = fields["ignore_case"] { ignoreCase = boolean(flag, "ignore_case") ?? false }
            if let flag = fields["expand"] { _ = boolean(flag, "expand") }
            if let name = fields["checksum"] {
                checksum = choice(name, "checksum")
                if checksum == nil { return nil }
            }
            guard let pattern = fields["pattern"] else { return nil }
            patternNode = pattern
        }
        guard let pattern = text(patternNode, "a regular expression") else { return nil }
        if let message = packs.source.checkRegex(pattern, ignoreCase) {
            note(patternNode, "wrong regular expression: \(message)")
            return nil
        }
        return .regex(pattern: pattern, ignoreCase: ignoreCase, checksum: checksum)
    }

    /// `true` or `false`, nothing else: `yes` and `on` are words in today's YAML.
    mutating func boolean(_ node: YAMLNode, _ what: String) -> Bool? {
        guard !node.isRefused else { return nil }
        switch node.content {
        case .scalar("true", isPlain: true): return true
        case .scalar("false", isPlain: true): return false
        default:
            note(node, "\(what) must be true or false, not \(node.kind)")
            return nil
        }
    }
}

import Policy

/// The names of the ways to edit a text.
enum RewriteKind: String, CaseIterable {
    case redact, mask, steer, replace
}

extension PolicyDecoder {
    /// Reads `generated`, `template`, `error` or `{fixed: "..."}`.
    mutating func response(_ node: YAMLNode) -> ResponseStyle {
        if case .mapping = node.content {
            let fields = fields(of: node, "'response'", known: PolicyKeys.response, required: ["fixed"])
            return .fixed(fields["fixed"].flatMap { text($0, "fixed") } ?? "")
        }
        switch text(node, "response") {
        case "generated": return .generated
        case "template", nil: return .template
        case "error": return .error
        case "fixed":
            note(node, "fixed needs a text", hint: "write {fixed: \"...\"}")
            return .template
        case .some(let word):
            let hint = Suggestion.hint(for: word, among: ["generated", "template", "error", "{fixed: \"...\"}"])
            note(node, "unknown response '\(word.clipped)'", hint: hint)
            return .template
        }
    }

    /// Reads `redact`, `mask`, `steer`, or a mapping from one of `redact`, `mask`, `steer`, `replace` to a text.
    ///
    /// - Parameter allowed: the kinds that make sense here; another is an error that says why.
    /// - Returns: nil if it is wrong.
    mutating func rewrite(_ node: YAMLNode, allowed: [RewriteKind]) -> RewriteMethod? {
        guard !node.isRefused else { return nil }
        guard case .mapping(let entries) = node.content else { return plainRewrite(node, allowed: allowed) }
        let before = problems.count
        let fields = fields(of: node, "'rewrite'", known: PolicyKeys.rewrite)
        guard problems.count == before else { return nil }
        guard entries.count == 1, let entry = entries.first, let kind = RewriteKind(rawValue: entry.name) else {
            note(node, "rewrite must hold exactly one of \(PolicyKeys.rewrite.joined(separator: ", "))")
            return nil
        }
        guard isAllowed(kind, allowed, at: entry.key), let value = fields[entry.name] else { return nil }
        guard let text = text(value, kind.rawValue) else { return nil }
        switch kind {
        case .redact: return .redact(placeholder: text)
        case .mask:
            guard let last = text.last, ")]}>".contains(last), text.count >= 3 else {
                let hint = "for example {mask: \"[email]\"}, which makes [email-1], [email-2]"
                note(value, "a mask is a word in brackets, not \(value.kind)", hint: hint)
                return nil
            }
            return .mask(label: text)
        case .steer: return .steer(message: text)
        case .replace: return .replace(text: text)
        }
    }

    private mutating func plainRewrite(_ node: YAMLNode, allowed: [RewriteKind]) -> RewriteMethod? {
        guard let kind: RewriteKind = choice(node, "rewrite") else { return nil }
        guard isAllowed(kind, allowed, at: node) else { return nil }
        switch kind {
        case .redact: return .redact(placeholder: "[redacted]")
        case .mask: return .mask(label: "[masked]")
        case .steer: return .steer(message: nil)
        case .replace:
            note(node, "replace needs a text", hint: "write {replace: \"...\"}")
            return nil
        }
    }

    private mutating func isAllowed(_ kind: RewriteKind, _ allowed: [RewriteKind], at node: YAMLNode) -> Bool {
        if allowed.contains(kind) { return true }
        note(
            node,
            "a category cannot redact: the model scores a text and finds no place in it",
            hint: "use 'steer' or 'replace' here, or a rule, which finds places"
        )
        return false
    }
}

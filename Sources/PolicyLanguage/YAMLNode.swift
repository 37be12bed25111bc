/// A value of a YAML document with the place it came from. Types are not resolved here: the key decides what a text means.
package struct YAMLNode {
    package enum Content {
        /// - Parameter isPlain: written without quotes, so that it may be a number or nothing at all.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLEntry])
        /// Something already reported, that nothing more is to be said about.
        case refused
    }

    package var content: Content
    package var mark: SourceMark
    /// Scalars on the line of the mark, at least 1.
    package var length: Int
    /// Where the value was written, if this is an alias of it; `mark` is then the alias's place.
    package var origin: SourceMark?

    /// The text, if this is a scalar.
    package var text: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }

    /// An absent value: `key:`, `key: ~` or `key: null`.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What is in a list; nothing if this is none.
    var items: [YAMLNode] {
        guard case .sequence(let items) = content else { return [] }
        return items
    }

    /// The value of a key; nil if this is no mapping that has it.
    subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.name == key }?.value
    }

    package var isRefused: Bool {
        if case .refused = content { true } else { false }
    }

    /// What this is, as a diagnostic calls it.
    package var kind: String {
        switch content {
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .refused: return "nothing"
        case .scalar(let text, let isPlain):
            if isNull { return "nothing" }
            return isPlain ? "'\(text.clipped)'" : "the text '\(text.clipped)'"
        }
    }
}

/// One pair of a mapping.
package struct YAMLEntry {
    /// Always a scalar.
    package var key: YAMLNode
    package var value: YAMLNode

    package var name: String { key.text ?? "" }
}

extension String {
    /// Short enough to be quoted in a message, and on one line.
    package var clipped: String {
        // No more is looked at than is shown: the text may be long.
        let start = prefix(41)
        let oneLine = String(start.map { $0.isNewline ? " " : $0 })
        return start.count <= 40 ? oneLine : "\(oneLine.prefix(37))..."
    }
}

/// The values of a mapping by key. Keys that are missing or wrong were reported when it was made.
package struct Fields {
    fileprivate var values: [String: YAMLNode] = [:]

    package subscript(key: String) -> YAMLNode? { values[key] }
}

extension YAMLDecoding {
    /// Reads a mapping whose keys are known.
    ///
    /// - Parameters:
    ///   - what: what the mapping is, as a message calls it: "a policy", "'input'".
    ///   - noun: what a key is, as a message calls it.
    package mutating func fields(
        of node: YAMLNode,
        _ what: String,
        known: [String],
        required: [String] = [],
        noun: String = "key"
    ) -> Fields {
        var fields = Fields()
        guard !node.isRefused else { return fields }
        guard case .mapping(let entries) = node.content else {
            note(node, "\(what) must be a mapping, not \(node.kind)", hint: "write 'key: value' lines, indented alike")
            return fields
        }
        for entry in entries {
            if known.contains(entry.name) {
                fields.values[entry.name] = entry.value
            } else {
                note(
                    entry.key,
                    "unknown \(noun) '\(entry.name.clipped)' in \(what)",
                    hint: Suggestion.hint(for: entry.name, among: known)
                )
            }
        }
        let missing = required.filter { key in !entries.contains { $0.name == key } }
        if !missing.isEmpty {
            note(node, "\(what) has no \(missing.map { "'\($0)'" }.joined(separator: ", "))")
        }
        return fields
    }
}

/// A list or mapping whose end was not reached yet.
struct OpenCollection {
    let mark: SourceMark
    private let length: Int
    private let isMapping: Bool
    private var items: [YAMLNode] = []
    private var entries: [YAMLEntry] = []
    private var firstMarks: [String: SourceMark] = [:]
    /// The key that waits for its value.
    private var key: YAMLNode?

    init(_ marked: MarkedYAMLEvent, isMapping: Bool) {
        mark = marked.mark
        length = marked.length
        self.isMapping = isMapping
    }

    var node: YAMLNode {
        YAMLNode(content: isMapping ? .mapping(entries) : .sequence(items), mark: mark, length: length)
    }

    /// Takes the next item, key or value.
    ///
    /// - Returns: what is wrong with it; it is then left out.
    mutating func add(_ node: YAMLNode) -> Problem? {
        guard isMapping else {
            items.append(node)
            return nil
        }
        guard let key else {
            self.key = node
            return nil
        }
        self.key = nil
        return addEntry(YAMLEntry(key: key, value: node))
    }

    private mutating func addEntry(_ entry: YAMLEntry) -> Problem? {
        guard !entry.key.isRefused else { return nil }
        guard case .scalar(let name, let isPlain) = entry.key.content else {
            return Problem(entry.key, "a key must be a text, not \(entry.key.kind)")
        }
        if isPlain, name == "<<" {
            return Problem(
                entry.key,
                "merge keys are not supported",
                hint: "write the keys out; 'defaults' and 'others' save repetition"
            )
        }
        if let first = firstMarks[name] {
            return Problem(
                entry.key,
                "'\(name.clipped)' is given twice",
                hint: "it was given before at line \(first.line), column \(first.column)"
            )
        }
        firstMarks[name] = entry.key.mark
        entries.append(entry)
        return nil
    }
}

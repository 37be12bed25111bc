/// A list or mapping whose end was not reached yet.
struct OpenCollection {
    let mark: SourceMark
    let anchor: String?
    /// Values in it so far, itself included.
    private(set) var size = 1
    /// Levels of collections in it so far, itself included.
    private(set) var depth = 1
    private let length: Int
    private let isMapping: Bool
    private var items: [YAMLNode] = []
    private var entries: [YAMLEntry] = []
    private var firstMarks: [String: SourceMark] = [:]
    /// The key that waits for its value.
    private var key: YAMLNode?
    /// Mappings whose entries are taken over where there is none of that name, the first of them before the others.
    private var merged: [YAMLNode] = []
    private var mergeMark: SourceMark?

    init(_ marked: MarkedYAMLEvent, isMapping: Bool) {
        mark = marked.mark
        anchor = marked.anchor
        length = marked.length
        self.isMapping = isMapping
    }

    /// The whole of it, with what merge keys bring behind what it says itself.
    var node: YAMLNode {
        guard isMapping else { return YAMLNode(content: .sequence(items), mark: mark, length: length) }
        var entries = entries
        var known = Set(firstMarks.keys)
        for case .mapping(let others) in merged.map(\.content) {
            entries += others.filter { known.insert($0.name).inserted }
        }
        return YAMLNode(content: .mapping(entries), mark: mark, length: length)
    }

    /// Takes the next item, key or value.
    ///
    /// - Returns: what is wrong with it; it is then left out.
    mutating func add(_ sized: SizedNode) -> Problem? {
        size += sized.size
        depth = max(depth, sized.depth + 1)
        let node = sized.node
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
        if isPlain, name == "<<" { return merge(entry) }
        if let first = firstMarks[name] { return Self.twice(entry.key, first: first) }
        firstMarks[name] = entry.key.mark
        entries.append(entry)
        return nil
    }

    /// A merge key (YAML 1.1, the type `!!merge`): a mapping or a list of them.
    private mutating func merge(_ entry: YAMLEntry) -> Problem? {
        if let mergeMark { return Self.twice(entry.key, first: mergeMark) }
        mergeMark = entry.key.mark
        var sources = [entry.value]
        if case .sequence(let items) = entry.value.content { sources = items }
        for source in sources {
            switch source.content {
            case .mapping: merged.append(source)
            case .refused: continue
            case .scalar, .sequence:
                return Problem(
                    source,
                    "'<<' takes a mapping or a list of mappings, not \(source.kind)",
                    hint: "write '<<: *name' of an anchor '&name' that stands at a mapping"
                )
            }
        }
        return nil
    }

    private static func twice(_ key: YAMLNode, first: SourceMark) -> Problem {
        Problem(
            key,
            "'\((key.text ?? "").clipped)' is given twice",
            hint: "it was given before at line \(first.line), column \(first.column)"
        )
    }
}

/// A value with what it counts for: values in it, and levels of collections.
struct SizedNode {
    var node: YAMLNode
    var size = 1
    var depth = 0
}

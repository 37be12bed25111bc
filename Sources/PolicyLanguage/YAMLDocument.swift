/// The one document of a policy file as a tree.
///
/// Read from libyaml's events and not through its document loader: events carry both marks, and refusing aliases here
/// means that an alias bomb ("billion laughs") is never expanded. The stack is ours, so depth costs no call stack.
struct YAMLDocument {
    /// Nil if there is no document, or none that could be read to its end.
    private(set) var root: YAMLNode?
    private(set) var problems: [Problem] = []

    private let limits: YAMLLimits
    private var open: [OpenCollection] = []
    private var nodeCount = 0

    init(_ bytes: [UInt8], limits: YAMLLimits) {
        self.limits = limits
        do throws(Problem) {
            try read(YAMLEventReader(bytes))
        } catch {
            problems.append(error)
            root = nil
        }
    }

    private mutating func read(_ reader: YAMLEventReader) throws(Problem) {
        var documents = 0
        while true {
            let marked = try reader.next()
            refuseExtras(of: marked)
            switch marked.event {
            case .streamEnd:
                if documents == 0 { throw Problem(at: marked.mark, "the file holds no policy") }
                return
            case .documentStart:
                documents += 1
                if documents > 1 {
                    throw Problem(at: marked.mark, "a second document begins here", hint: "one file is one policy")
                }
            case .mappingStart: try openCollection(OpenCollection(marked, isMapping: true))
            case .sequenceStart: try openCollection(OpenCollection(marked, isMapping: false))
            case .collectionEnd: if let closed = open.popLast() { try add(closed.node) }
            case .scalar(let text, let isPlain):
                try add(YAMLNode(content: .scalar(text, isPlain: isPlain), mark: marked.mark, length: marked.length))
            case .alias(let name):
                problems.append(
                    Problem(
                        at: marked.mark,
                        length: marked.length,
                        "aliases are not supported: '*\(name.clipped)'",
                        hint: "write the value out; 'defaults' and 'others' save repetition"
                    )
                )
                try add(YAMLNode(content: .refused, mark: marked.mark, length: marked.length))
            }
        }
    }

    private mutating func refuseExtras(of marked: MarkedYAMLEvent) {
        if let anchor = marked.anchor {
            problems.append(
                Problem(
                    at: marked.mark,
                    "anchors are not supported: '&\(anchor.clipped)'",
                    hint: "remove it; 'defaults' and 'others' save repetition"
                )
            )
        }
        if let tag = marked.tag {
            problems.append(
                Problem(
                    at: marked.mark,
                    "tags are not supported: '\(tag.clipped)'",
                    hint: "remove it: the key says what type its value has"
                )
            )
        }
    }

    private mutating func openCollection(_ collection: OpenCollection) throws(Problem) {
        guard open.count < limits.depth else {
            throw Problem(at: collection.mark, "more than \(limits.depth) levels inside each other")
        }
        open.append(collection)
    }

    private mutating func add(_ node: YAMLNode) throws(Problem) {
        nodeCount += 1
        guard nodeCount <= limits.nodes else { throw Problem(node, "more than \(limits.nodes) values") }
        guard !open.isEmpty else {
            root = node
            return
        }
        if let problem = open[open.count - 1].add(node) { problems.append(problem) }
    }
}

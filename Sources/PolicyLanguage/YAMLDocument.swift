/// The one document of a policy file as a tree.
///
/// Read from libyaml's events and not through its document loader: events carry both marks, and the size of what an alias
/// stands for is known before it is put in, so that an alias bomb ("billion laughs") is never expanded. The stack is ours,
/// so depth costs no call stack.
struct YAMLDocument {
    /// Nil if there is no document, or none that could be read to its end.
    private(set) var root: YAMLNode?
    private(set) var problems: [Problem] = []

    private let limits: YAMLLimits
    private var open: [OpenCollection] = []
    private var nodeCount = 0
    private var aliasedCount = 0
    private var anchors: [String: SizedNode] = [:]

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
            refuseTag(of: marked)
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
            case .collectionEnd:
                guard let closed = open.popLast() else { continue }
                let sized = SizedNode(node: closed.node, size: closed.size, depth: closed.depth)
                try add(sized, anchor: closed.anchor)
            case .scalar(let text, let isPlain):
                let content = YAMLNode.Content.scalar(text, isPlain: isPlain)
                let node = YAMLNode(content: content, mark: marked.mark, length: marked.length)
                try add(SizedNode(node: node), anchor: marked.anchor)
            case .alias(let name): try add(value(ofAlias: name, at: marked))
            }
        }
    }

    private mutating func refuseTag(of marked: MarkedYAMLEvent) {
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

    /// Problems that a suggestion is looked for at.
    private static let mostSuggestions = 20

    /// What an alias stands for, at the alias's place.
    private mutating func value(ofAlias name: String, at marked: MarkedYAMLEvent) throws(Problem) -> SizedNode {
        guard var sized = anchors[name] else {
            let isOpen = open.contains { $0.anchor == name }
            // A file that is wrong everywhere is not helped by a guess at each place, and each costs a look at all names.
            let isHelped = !isOpen && problems.count < Self.mostSuggestions
            problems.append(
                Problem(
                    at: marked.mark,
                    length: marked.length,
                    isOpen
                        ? "'*\(name.clipped)' stands inside of the value it stands for"
                        : "no anchor '&\(name.clipped)' stands before this alias",
                    hint: isHelped
                        ? Suggestion.nearest(to: name, among: anchors.keys.sorted()).map { "did you mean '*\($0)'?" }
                        : nil
                )
            )
            return SizedNode(node: YAMLNode(content: .refused, mark: marked.mark, length: marked.length))
        }
        aliasedCount += sized.size
        guard aliasedCount <= limits.aliased else {
            throw Problem(
                at: marked.mark,
                length: marked.length,
                "the aliases up to here stand for more than \(limits.aliased) values",
                hint: "aliases of aliases multiply: write fewer of them"
            )
        }
        guard open.count + sized.depth <= limits.depth else {
            throw Problem(
                at: marked.mark,
                length: marked.length,
                "with what '*\(name.clipped)' stands for, more than \(limits.depth) levels inside each other"
            )
        }
        sized.node.origin = sized.node.origin ?? sized.node.mark
        sized.node.mark = marked.mark
        sized.node.length = marked.length
        return sized
    }

    private mutating func add(_ sized: SizedNode, anchor: String? = nil) throws(Problem) {
        let node = sized.node
        nodeCount += node.origin == nil ? 1 : sized.size
        guard nodeCount <= limits.nodes else { throw Problem(node, "more than \(limits.nodes) values") }
        if let anchor {
            if anchors[anchor] != nil {
                problems.append(Problem(at: node.mark, "the anchor '&\(anchor.clipped)' is given twice"))
            } else {
                anchors[anchor] = sized
            }
        }
        guard !open.isEmpty else {
            root = node
            return
        }
        if let problem = open[open.count - 1].add(sized) { problems.append(problem) }
    }
}

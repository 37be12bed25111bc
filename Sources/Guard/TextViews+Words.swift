import Rules

extension TextViews {
    /// The readings of several texts as words, each once, in a fixed order: `raw`, `canonical`, `squeezed`, then encodings by
    /// name.
    static func words(of texts: [TextViews]) -> [String] {
        var kinds: Set<TextView.Kind> = []
        var encodings: Set<String> = []
        for view in texts.lazy.flatMap(\.views) {
            kinds.insert(view.kind)
            for encoding in view.encodings { encodings.insert(encoding.rawValue) }
        }
        let named: [(TextView.Kind, String)] = [(.raw, "raw"), (.canonical, "canonical"), (.squeezed, "squeezed")]
        return named.filter { kinds.contains($0.0) }.map(\.1) + encodings.sorted()
    }
}

/// The readings of one text, computed once for all rules and the model: the text itself, its canonical form if that is
/// another, and what is encoded in either, to a depth.
///
/// A view never holds more than one text, and each knows where its bytes come from.
package struct TextViews: Sendable {
    /// Encodings within encodings that are undone.
    package static let decodingDepth = 3
    /// Decoded bytes kept, as a multiple of the text's. Honest nesting shrinks; this bounds what crafted overlaps could do.
    package static let decodedLimit = 4

    /// The text itself first.
    package let views: [TextView]

    package init(_ text: String) {
        let bytes = Array(text.utf8)
        let canonical = TextView.canonical(of: bytes, encodings: [], maps: [])
        let raw = TextView(kind: .raw, bytes: bytes, maps: [], isCanonical: canonical == nil, isMaterial: true)
        var views = [raw] + (canonical.map { [$0] } ?? [])
        var remaining = Self.decodedLimit * bytes.count
        var seen: Set<DecodedText.Identity> = []
        var sources = views
        for _ in 0..<Self.decodingDepth {
            var found: [TextView] = []
            for text in sources.flatMap({ $0.decoded() }) where seen.insert(text.identity).inserted {
                remaining -= text.bytes.count
                guard remaining >= 0 else { break }
                found += text.views
            }
            views += found
            sources = found
        }
        self.views = views
    }

    /// What the model is to read: the text itself, its canonical form if that differs materially, and all that was decoded
    /// in one text, a line each, if there is any. At most three texts, so that nobody can multiply the model's work.
    package var modelViews: [String] {
        var texts: [String] = []
        var decoded: [String] = []
        for view in views where view.isMaterial {
            switch view.kind {
            case .raw, .canonical: texts.append(view.text)
            case .decoded, .canonicalDecoded: decoded.append(view.text)
            }
        }
        if !decoded.isEmpty { texts.append(decoded.joined(separator: "\n")) }
        return texts
    }
}

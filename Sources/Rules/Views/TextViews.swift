/// The readings of one text, computed once for all rules and the model: the text itself, its canonical form, its squeezed
/// form if these are others, and what is encoded in it, to a depth.
///
/// A view never holds more than one text, and each knows where its bytes come from.
package struct TextViews: Sendable {
    /// Encodings within encodings that are undone.
    package static let decodingDepth = 3
    /// Decoded bytes kept of one encoding, as a multiple of the text's; of each within another, as many as the text's at each depth. Honest
    /// nesting shrinks; this bounds what crafted overlaps could do. No encoding that reads the text and its canonical form by words and
    /// by lines comes to more, so that nothing of the text itself can be hidden by what else it holds.
    package static let decodedLimit = 4
    /// Hidden texts of one depth that get views of their own. What is found beyond is read as one text, a line each: many
    /// small ones must cost no more than a large one, and none may be left unread.
    package static let hiddenLimit = 128

    /// The text itself first.
    package let views: [TextView]

    package init(_ text: String) {
        let bytes = Array(text.utf8)
        var (views, sources) = HiddenText(bytes: bytes).read()
        var seen: Set<HiddenText.Identity> = []
        var isAllRead = true
        for depth in 1...Self.decodingDepth where !sources.isEmpty {
            sources = Self.each(of: sources, once: &seen)
            // Room for each encoding by itself, at each depth anew: what can be read in one after the other must hide nothing in a further
            // one, nor what lies deeper. The short ones first: long ones must not hide them.
            let room = (depth == 1 ? Self.decodedLimit : 1) * bytes.count
            var left: [TextEncoding: Int] = [:]
            var isKept = Array(repeating: false, count: sources.count)
            for index in sources.indices.sorted(by: { sources[$0].bytes.count < sources[$1].bytes.count }) {
                guard let encoding = sources[index].encodings.last else { continue }
                let rest = left[encoding, default: room] - sources[index].bytes.count
                guard rest >= 0 else {
                    isAllRead = false
                    continue
                }
                left[encoding] = rest
                isKept[index] = true
            }
            let found = zip(sources, isKept).compactMap { $1 ? $0 : nil }
            sources = []
            for text in Self.gathered(found) {
                let (more, hidden) = text.read()
                views += more
                if depth < Self.decodingDepth { sources += hidden } else if !hidden.isEmpty { isAllRead = false }
            }
        }
        // The code of what is not read is.
        if !isAllRead {
            for index in views.indices { (views[index].isCode, views[index].decodedText) = (false, nil) }
        }
        self.views = views
    }

    /// The text alone, as it is: what other readings are compared with.
    package init(asItIs text: String) {
        let bytes = Array(text.utf8)
        views = [
            TextView(kind: .raw, encodings: [], bytes: bytes, maps: [], isCanonical: true, isMaterial: true)
        ]
    }

    /// Each text once that was not seen before. What is found in two ways is for the model if it is in one of them.
    private static func each(of texts: [HiddenText], once seen: inout Set<HiddenText.Identity>) -> [HiddenText] {
        var places: [HiddenText.Identity: Int] = [:]
        var found: [HiddenText] = []
        for text in texts {
            let identity = text.identity
            if let place = places[identity] {
                if text.isForModel, !found[place].isForModel { found[place] = text }
            } else if seen.insert(identity).inserted {
                places[identity] = found.count
                found.append(text)
            }
        }
        return found
    }

    /// The same texts, those beyond the limit as one.
    private static func gathered(_ texts: [HiddenText]) -> [HiddenText] {
        guard texts.count > hiddenLimit else { return texts }
        var rest = HiddenText(encodings: texts[hiddenLimit].encodings, bytes: [])
        var map = OffsetMap()
        for text in texts[hiddenLimit...] {
            // One piece a text: a match stands for all of it.
            let source = text.identity.source
            rest.bytes += text.bytes + [0x0A]
            map.append(viewLength: text.bytes.count + 1, source: source, asWhole: true)
        }
        rest.maps = [map]
        return texts[..<hiddenLimit] + [rest]
    }

    /// What the model is to read: the text itself, or what it was written for where nothing of it is lost by that; its squeezed form
    /// beside it if that differs materially; the plainest of these in the case of sentences if its own is none; and all that was
    /// decoded in one text, a line each, if there is any. At most `modelLimit` texts, so that nobody can multiply the model's work.
    package var modelViews: [String] {
        var texts: [String] = []
        var decoded: [String] = []
        for view in views where view.isMaterial && !view.isCode {
            let text = view.decodedText.map { String(decoding: $0, as: UTF8.self) } ?? view.text
            if view.encodings.isEmpty { texts.append(text) } else { decoded.append(text) }
        }
        if let plainest = views.last(where: \.encodings.isEmpty), !plainest.isCode,
            let calmed = SentenceCase.calmed(plainest.decodedText ?? plainest.bytes)
        {
            // In place of the form that it was made of: only the case is another.
            if plainest.isMaterial { texts.removeLast() }
            texts.append(String(decoding: calmed, as: UTF8.self))
        }
        if !decoded.isEmpty { texts.append(decoded.joined(separator: "\n")) }
        return texts
    }

    /// Texts that the model reads in place of one, at the most.
    package static let modelLimit = 4
}

/// One reading of a text.
package struct TextView: Sendable {
    package enum Kind: Sendable, Hashable {
        /// The text as it is.
        case raw
        /// What a reader sees, in the simplest scalars. See `Canonicalizer`.
        case canonical
        /// A stretch of the text, decoded; the outermost encoding first.
        case decoded([TextEncoding])
        /// The canonical form of a decoded stretch.
        case canonicalDecoded([TextEncoding])
    }

    package let kind: Kind
    /// UTF-8.
    package let bytes: [UInt8]
    let folded: FoldedText
    /// Whether keywords are looked for here: the view is its own canonical form.
    let isCanonical: Bool
    /// Whether the model should read it beside the text itself.
    let isMaterial: Bool
    /// From this view to the original text, step by step.
    let maps: [OffsetMap]

    init(kind: Kind, bytes: [UInt8], maps: [OffsetMap], isCanonical: Bool, isMaterial: Bool) {
        self.kind = kind
        self.bytes = bytes
        self.maps = maps
        self.isCanonical = isCanonical
        self.isMaterial = isMaterial
        folded = FoldedText(bytes)
    }

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The bytes of the original text that a stretch of this view was made of, as UTF-8 offsets.
    package func source(of span: Range<Int>) -> Range<Int> {
        maps.reduce(span) { $1.source(of: $0) }
    }

    var encodings: [TextEncoding] {
        switch kind {
        case .raw, .canonical: []
        case .decoded(let encodings), .canonicalDecoded(let encodings): encodings
        }
    }

    /// The canonical form of this view; nil if it is its own.
    static func canonical(of bytes: [UInt8], encodings: [TextEncoding], maps: [OffsetMap]) -> TextView? {
        Canonicalizer.canonicalize(bytes).map { result in
            TextView(
                kind: encodings.isEmpty ? .canonical : .canonicalDecoded(encodings),
                bytes: result.bytes,
                maps: [result.map] + maps,
                isCanonical: true,
                isMaterial: result.isMaterial
            )
        }
    }

    /// Texts hidden in this view.
    func decoded() -> [DecodedText] {
        let finders = [Base64Runs.find, HexadecimalRuns.find, PercentRuns.find, InvisibleRuns.find]
        return finders.flatMap { $0(bytes) }.map { run in
            DecodedText(encodings: encodings + [run.encoding], bytes: run.bytes, maps: [run.map] + maps)
        }
    }
}

/// A text found hidden in another, before its views are made.
struct DecodedText: Sendable {
    /// The outermost first.
    var encodings: [TextEncoding]
    var bytes: [UInt8]
    /// To the original text, step by step.
    var maps: [OffsetMap]

    /// The decoded text and its canonical form, if that is another. Of the two the model reads the canonical one if that
    /// differs materially.
    var views: [TextView] {
        let canonical = TextView.canonical(of: bytes, encodings: encodings, maps: maps)
        let plain = TextView(
            kind: .decoded(encodings),
            bytes: bytes,
            maps: maps,
            isCanonical: canonical == nil,
            isMaterial: canonical?.isMaterial != true
        )
        return [plain] + (canonical.map { [$0] } ?? [])
    }

    /// The same hidden text is found in the text and in its canonical form, but is one.
    var identity: Identity {
        Identity(bytes: bytes, source: maps.reduce(0..<bytes.count) { $1.source(of: $0) })
    }

    struct Identity: Hashable {
        var bytes: [UInt8]
        var source: Range<Int>
    }
}

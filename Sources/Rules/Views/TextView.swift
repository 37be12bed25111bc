/// One reading of a text.
package struct TextView: Sendable {
    package enum Kind: Sendable, Hashable {
        /// The text as it is.
        case raw
        /// What a reader sees, in the simplest scalars. See `Canonicalizer`.
        case canonical
        /// Words that are spelled out, cut up or drawn, as they are meant. See `Squeezer`.
        case squeezed
    }

    package let kind: Kind
    /// What the text was hidden by, the outermost encoding first; empty for readings of the text itself.
    package let encodings: [TextEncoding]
    /// UTF-8.
    package let bytes: [UInt8]
    let folded: FoldedText
    /// Whether keywords are looked for here: the view is its own canonical form.
    let isCanonical: Bool
    /// Whether the model should read it beside the text itself.
    let isMaterial: Bool
    /// From this view to the original text, step by step.
    let maps: [OffsetMap]

    init(
        kind: Kind,
        encodings: [TextEncoding],
        bytes: [UInt8],
        maps: [OffsetMap],
        isCanonical: Bool,
        isMaterial: Bool
    ) {
        self.kind = kind
        self.encodings = encodings
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
}

/// A text, given or found hidden in another, before its views are made.
struct HiddenText: Sendable {
    /// The outermost first; none for a text that is not hidden.
    var encodings: [TextEncoding] = []
    var bytes: [UInt8]
    /// To the original text, step by step.
    var maps: [OffsetMap] = []
    /// Whether the model is to read it.
    var isForModel = true

    /// The text, its canonical form and its squeezed form, where these are others, and the texts hidden in them.
    ///
    /// Of the text and its canonical form, if they differ materially, the model reads the canonical one where the text is a
    /// hidden one, and both where it is not.
    func read() -> (views: [TextView], hidden: [HiddenText]) {
        let survey = ByteSurvey(bytes)
        let canonical = survey.isPlain ? nil : Canonicalizer.canonicalize(bytes)
        let plain = TextView(
            kind: .raw,
            encodings: encodings,
            bytes: bytes,
            maps: maps,
            isCanonical: canonical == nil,
            isMaterial: isForModel && (encodings.isEmpty || canonical?.isMaterial != true)
        )
        var views = [plain]
        var hidden: [HiddenText] = []
        var words = WordSurvey(bytes)
        if let canonical {
            hidden += self.hidden(in: plain, survey, words)
            views.append(
                TextView(
                    kind: .canonical,
                    encodings: encodings,
                    bytes: canonical.bytes,
                    maps: [canonical.map] + maps,
                    isCanonical: true,
                    isMaterial: isForModel && canonical.isMaterial
                )
            )
            words = WordSurvey(canonical.bytes)
        }
        let visible = views[views.count - 1]
        hidden += self.hidden(in: visible, canonical == nil ? survey : ByteSurvey(visible.bytes), words)
        if let squeezed = Squeezer.squeeze(visible.bytes, words) {
            views.append(
                TextView(
                    kind: .squeezed,
                    encodings: encodings,
                    bytes: squeezed.bytes,
                    maps: [squeezed.map] + visible.maps,
                    isCanonical: true,
                    isMaterial: isForModel && squeezed.isMaterial
                )
            )
        }
        return (views, hidden)
    }

    private func hidden(in view: TextView, _ survey: ByteSurvey, _ words: WordSurvey) -> [HiddenText] {
        let bytes = view.bytes
        let letters = LetterRuns.find(in: bytes)
        var runs = Base64Runs.find(in: bytes, among: letters) + Base32Runs.find(in: bytes, among: letters)
        if survey.hasDigit { runs += HexadecimalRuns.find(in: bytes) }
        if survey.hasPercent { runs += PercentRuns.find(in: bytes) }
        if survey.hasAmpersand { runs += CharacterReferences.findEntities(in: bytes) }
        if survey.hasBackslash {
            let escapes = CharacterReferences.findEscapes(in: bytes)
            var decoded = JSONEscapes.find(in: bytes)
            // The model need not read the same twice.
            for index in decoded.indices where !escapes.isEmpty { decoded[index].isForModel = false }
            runs += escapes + decoded
        }
        if survey.hasNonASCII { runs += InvisibleRuns.find(in: bytes) }
        runs += CipheredStretches.find(in: bytes, words)
        // Turning twice gives what was there before.
        if let last = encodings.last, last.isTurning { runs.removeAll { $0.encoding.isTurning } }
        return runs.map {
            HiddenText(
                encodings: encodings + [$0.encoding],
                bytes: $0.bytes,
                maps: [$0.map] + view.maps,
                isForModel: isForModel && $0.isForModel
            )
        }
    }

    /// The same hidden text is found in the text and in its canonical form, but is one.
    var identity: Identity {
        Identity(bytes: bytes, source: maps.reduce(0..<bytes.count) { $1.source(of: $0) })
    }

    struct Identity: Hashable {
        var bytes: [UInt8]
        var source: Range<Int>

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
            hasher.combine(source)
        }
    }
}

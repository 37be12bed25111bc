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
    /// Whether the model should read it.
    fileprivate(set) var isMaterial: Bool
    /// What the model reads in its place: the same with what is encoded in it decoded.
    var decodedText: [UInt8]?
    /// Whether all of it is read in what was hidden in it, so that the model need not read it after all.
    var isCode = false
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
        self.maps = OffsetMap.joined(maps)
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
    /// The model reads the plainest of these that leaves nothing out: the canonical form where it differs materially, the squeezed
    /// one alone where it is enough, neither where all of the text is the code of another.
    func read() -> (views: [TextView], hidden: [HiddenText]) {
        let survey = ByteSurvey(bytes)
        let canonical = survey.isPlain ? nil : Canonicalizer.canonicalize(bytes)
        let plain = TextView(
            kind: .raw,
            encodings: encodings,
            bytes: bytes,
            maps: maps,
            isCanonical: canonical == nil,
            isMaterial: isForModel && canonical?.isMaterial != true
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
        // What only machines see is read for itself: then the rest is what people see.
        if views.count > 1, hidden.contains(where: { $0.encodings.last?.isInvisible == true }) {
            views[0].isCode = true
            views[1].isMaterial = isForModel
        }
        let shown = self.hidden(in: visible, canonical == nil ? survey : ByteSurvey(visible.bytes), words)
        hidden += shown
        if isCode(visible, of: shown) {
            for index in views.indices { views[index].isCode = true }
        } else {
            views[views.count - 1].decodedText = decoded(visible, shown)
        }
        if let squeezed = Squeezer.squeeze(visible.bytes, words) {
            // What it was made of, or the text itself where that looks the same.
            if squeezed.isEnough, let last = views.lastIndex(where: \.isMaterial) { views[last].isMaterial = false }
            let whole = TextView(
                kind: .squeezed,
                encodings: encodings,
                bytes: squeezed.bytes,
                maps: [squeezed.map] + visible.maps,
                isCanonical: true,
                isMaterial: isForModel && squeezed.isMaterial
            )
            views.append(whole)
            hidden += turned(in: whole, WordSurvey(squeezed.bytes))
        }
        return (views, hidden)
    }

    /// Letters that may stand outside of what is hidden in a text that is nothing but its code: punctuation and slips.
    private static let mostOutside = 1

    /// Whether a text is nothing but the code of what is hidden in it, or that and the request to read it: then that is what is to
    /// be read.
    private func isCode(_ view: TextView, of hidden: [HiddenText]) -> Bool {
        var runs: [Range<Int>] = []
        for inner in hidden {
            if let source = inner.evidentSource(in: view) { runs.append(source) }
        }
        guard !runs.isEmpty else { return false }
        var outside = 0
        var words = 0
        var position = 0
        for run in runs.sorted(by: { $0.lowerBound < $1.lowerBound }) + [view.bytes.count..<view.bytes.count] {
            while position < run.lowerBound {
                let start = position
                while position < run.lowerBound, WordByte.classes[Int(view.bytes[position])] != 0 { position += 1 }
                if position == start {
                    position += 1
                } else if DecodingRequest.isWord(view.bytes[start..<position]) {
                    words += 1
                } else {
                    outside += position - start
                }
                guard outside <= Self.mostOutside, words <= DecodingRequest.mostWords else { return false }
            }
            position = max(position, run.upperBound)
        }
        return true
    }

    /// The text with what is encoded in it in its place, as the reader whom it is meant for puts it together; nil if there is
    /// nothing.
    private func decoded(_ view: TextView, _ hidden: [HiddenText]) -> [UInt8]? {
        let runs = hidden.compactMap { inner in
            inner.evidentSource(in: view).map { (source: $0, bytes: inner.bytes) }
        }
        guard !runs.isEmpty else { return nil }
        var text: [UInt8] = []
        var position = 0
        for run in runs.sorted(by: { $0.source.lowerBound < $1.source.lowerBound })
        where run.source.lowerBound >= position {
            text += view.bytes[position..<run.source.lowerBound] + run.bytes
            position = run.source.upperBound
        }
        return text + view.bytes[position...]
    }

    /// Bytes that are looked at for words.
    private static let evidence = 4096
    /// Letters in a row that are no word.
    private static let longRow = 24

    /// Whether it is no chance that it can be read: half of its letters and more stand in words, turned or not, or it is a long row
    /// of letters that is code itself.
    private var isEvident: Bool {
        if bytes.count >= Self.longRow,
            bytes.prefix(Self.evidence).allSatisfy({
                Base64Runs.values[Int($0)] != Base64Runs.none || $0 == UInt8(ascii: "=")
            })
        {
            return true
        }
        var letters = 0
        var inWords = 0
        for word in bytes.prefix(Self.evidence).split(whereSeparator: { !ASCIILetters.isLetter($0) && $0 < 0x80 }) {
            letters += word.count
            let packed = PackedWord(word.lazy.map { $0 | 0x20 })
            guard word.count <= CommonWords.longestWord else { continue }
            let common = CommonWords.shared
            if common.contains(packed) || common.contains(packed.rotated) || common.contains(packed.reversed)
                || word.count > 3 && CommonWords.further.contains(packed)
            {
                inWords += word.count
            }
        }
        return inWords > 0 && inWords * 2 >= letters
    }

    /// What it was read from, if it stands for nothing else there: nobody reads what is shown as another text, too.
    private func evidentSource(in view: TextView) -> Range<Int>? {
        guard isForModel, let encoding = encodings.last, !encoding.isInvisible, let map = maps.first else { return nil }
        var source = map.source(of: bytes.indices)
        if encoding == .base64 || encoding == .base32 {
            let upper = view.bytes[source.upperBound...].firstIndex { $0 != UInt8(ascii: "=") } ?? view.bytes.count
            source = source.lowerBound..<upper
        }
        let isAll =
            encoding.changesLetters ? isReadThroughout && !hasWords(of: view.bytes[source], encoding) : isEvident
        return isAll ? source : nil
    }

    /// Letters of a word that is no chance.
    private static let longWord = 4
    /// Letters of shorter words that are no chance together.
    private static let shortWords = 6
    /// Letters in a row that make no word, as names and slips do: one text of a hundred has a longer row.
    private static let strangeRow = 16

    /// Whether it is English from end to end. A long row of letters that is none may have been plain text in any language, which was
    /// changed with what stands beside it.
    private var isReadThroughout: Bool {
        var (letters, inWords, row) = (0, 0, 0)
        for word in bytes.split(whereSeparator: { !ASCIILetters.isLetter($0) && $0 < 0x80 }) {
            letters += word.count
            if EnglishText.isKnown(PackedWord(word.lazy.map { $0 | 0x20 })) {
                inWords += word.count
                // Short words are known by chance.
                if word.count >= Self.longWord { row = 0 }
            } else {
                row += word.count
                guard row <= Self.strangeRow else { return false }
            }
        }
        return inWords * 5 >= letters * 3
    }

    /// Whether what it was read from has words that are some only as they stand: a long one, or short ones that add up.
    private func hasWords(of text: ArraySlice<UInt8>, _ encoding: TextEncoding) -> Bool {
        // Of a word on its head some letters may be drawn by signs, and those between them are no word.
        let endsAtSigns = encoding != .upsideDown
        var letters = 0
        for word in text.split(whereSeparator: { !ASCIILetters.isLetter($0) && (endsAtSigns || $0 < 0x80) }) {
            guard word.count > 1, word.count <= CommonWords.longestWord,
                word.allSatisfy({ ASCIILetters.isLetter($0) }),
                EnglishText.isKnown(PackedWord(word.lazy.map { $0 | 0x20 }))
            else { continue }
            let place = word.startIndex - text.startIndex
            let changed: [UInt8] =
                switch encoding {
                case .rot13, .shifted: Array(bytes.dropFirst(place).prefix(word.count))
                case .upsideDown: word.reversed().map { SymbolLetters.onItsHead($0) }
                default: Array(word.reversed())
                }
            guard !EnglishText.isKnown(PackedWord(changed.lazy.map { $0 | 0x20 })) else { continue }
            letters += word.count
            if word.count >= Self.longWord || letters >= Self.shortWords { return true }
        }
        return false
    }

    private func hidden(in view: TextView, _ survey: ByteSurvey, _ words: WordSurvey) -> [HiddenText] {
        let bytes = view.bytes
        let letters = LetterRuns.find(in: bytes)
        var runs = Base64Runs.find(in: bytes, among: letters) + Base32Runs.find(in: bytes, among: letters)
        if survey.hasDigit { runs += HexadecimalRuns.find(in: bytes) }
        if runs.count > 1 { runs = DecodedRun.leavingChance(runs) }
        if survey.hasPercent { runs += PercentRuns.find(in: bytes) }
        if survey.hasAmpersand { runs += CharacterReferences.findEntities(in: bytes) }
        if survey.hasBackslash {
            let escapes = CharacterReferences.findEscapes(in: bytes)
            // The model need not read the same twice.
            runs += escapes + JSONEscapes.find(in: bytes, besides: escapes.filter(\.isForModel).map(\.source))
        }
        if survey.hasNonASCII {
            runs += InvisibleRuns.find(in: bytes) + SymbolLetters.find(in: bytes) + AccentedWords.find(in: bytes)
        }
        if survey.hasSpacedMarks { runs += MorseRuns.find(in: bytes) }
        if survey.hasDigit { runs += CharacterCodes.find(in: bytes) }
        for stretch in words.spelled { runs += SpellingAlphabet.find(in: bytes, stretch) }
        runs += JoinedWords.find(in: bytes, among: letters)
        return runs.map { hidden($0, in: view) } + turned(in: view, words)
    }

    /// What is words only when its letters are turned or moved.
    private func turned(in view: TextView, _ words: WordSurvey) -> [HiddenText] {
        var runs = CipheredStretches.find(in: view.bytes, words)
        for stretch in words.unknown { runs += ShiftedStretches.find(in: view.bytes, stretch) }
        // Turning twice gives what was there before.
        if let last = encodings.last, last.isTurning { runs.removeAll { $0.encoding.isTurning } }
        return runs.map { hidden($0, in: view) }
    }

    private func hidden(_ run: DecodedRun, in view: TextView) -> HiddenText {
        HiddenText(
            encodings: encodings + [run.encoding],
            bytes: run.bytes,
            maps: [run.map] + view.maps,
            isForModel: isForModel && run.isForModel
        )
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

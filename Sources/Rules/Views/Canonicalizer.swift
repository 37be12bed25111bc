/// Makes the canonical view of a text: what a reader sees, in the simplest scalars that look so.
///
/// Invisible scalars are removed, compatibility forms are folded (NFKC), stacked marks that do not make a letter are
/// dropped, and look-alikes within words of mixed script become one script. Letter case stays.
struct Canonicalizer {
    /// The canonical view.
    struct Result: Sendable, Equatable {
        var bytes: [UInt8]
        var map: OffsetMap
        /// Whether a reader, human or model, would take the text for another: letters were changed or invisible scalars
        /// stood within a word. Typography (`…`, no-break spaces, emoji selectors, joiners where spelling wants
        /// them) is not material.
        var isMaterial: Bool
    }

    private struct Unit {
        var scalar: UInt32
        var source: Range<Int>
    }

    private let normalization = Normalization.shared
    private let confusables = Confusables.shared
    private var isMaterial = false
    private var units: [Unit] = []
    /// Whether two of three letters and more are Latin.
    private lazy var isMostlyLatin: Bool = {
        let latin = units.count { ScalarClass.isLatin($0.scalar) }
        let others = units.count { $0.scalar >= 0x370 && ScalarClass.isWord($0.scalar) }
        return latin >= 2 * others
    }()

    /// The canonical view of UTF-8 text; nil if the text is its own.
    static func canonicalize(_ bytes: [UInt8]) -> Result? {
        if ByteSurvey(bytes).isPlain { return nil }
        var canonicalizer = Canonicalizer()
        canonicalizer.readScalars(bytes)
        canonicalizer.composeMarks()
        canonicalizer.foldWords()
        return canonicalizer.result(unlessEqualTo: bytes)
    }

    // MARK: Scalars

    /// Drops what is invisible and folds what stands for itself.
    private mutating func readScalars(_ bytes: [UInt8]) {
        units.reserveCapacity(bytes.count)
        /// Whether invisible scalars stand after the last visible one, which was `before`.
        var hidden = false
        var before: UInt32?
        bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            while position < bytes.count {
                let (scalar, length) = UTF8Scalars.decode(bytes, at: position)
                let source = position..<(position + length)
                position += length
                if ScalarClass.isInvisible(scalar) {
                    hidden = true
                    continue
                }
                if hidden, let before, splitsWord(before, scalar) { isMaterial = true }
                hidden = false
                before = scalar
                append(scalar, source)
            }
        }
    }

    private func splitsWord(_ before: UInt32, _ after: UInt32) -> Bool {
        // A selector before a mark is how keycaps are spelled.
        ScalarClass.isWord(before) && ScalarClass.isWord(after) && !ScalarClass.isStackingMark(after)
            && !ScalarClass.usesFormatControls(before)
            && !ScalarClass.usesFormatControls(after)
    }

    private mutating func append(_ scalar: UInt32, _ source: Range<Int>) {
        if scalar < 0xA0 {
            units.append(Unit(scalar: scalar, source: source))
        } else if let letter = confusables.latinVariants[scalar] {
            isMaterial = true
            units.append(Unit(scalar: letter, source: source))
        } else if let mapping = normalization.mapping(of: scalar) {
            if scalar > 0xFF, ScalarClass.isWord(scalar) { isMaterial = true }
            // The halfwidth filler and the like are mapped to what is invisible.
            for scalar in mapping where !ScalarClass.isInvisible(scalar) {
                units.append(Unit(scalar: scalar, source: source))
            }
        } else {
            units.append(Unit(scalar: scalar, source: source))
        }
    }

    // MARK: Marks

    /// Canonical composition; marks that find no composite are dropped where they only decorate.
    private mutating func composeMarks() {
        guard units.contains(where: { $0.scalar >= 0x300 }) else { return }
        var composed: [Unit] = []
        composed.reserveCapacity(units.count)
        var index = 0
        while index < units.count {
            var end = index + 1
            while end < units.count, Self.combiningClass(units[end].scalar) > 0 { end += 1 }
            if end == index + 1 || Self.combiningClass(units[index].scalar) > 0 {
                // No marks, or marks without a base: only a starter may join the one before it (Hangul, some Indic).
                if let last = composed.last, let joined = normalization.composite(last.scalar, units[index].scalar),
                    Self.combiningClass(last.scalar) == 0
                {
                    let source = last.source.lowerBound..<units[index].source.upperBound
                    composed[composed.count - 1] = Unit(scalar: joined, source: source)
                } else {
                    composed.append(units[index])
                }
                index += 1
                continue
            }
            composed += cluster(units[index..<end])
            index = end
        }
        units = composed
    }

    /// A base and its marks, composed. All units get the whole cluster's source: its order may have changed.
    private mutating func cluster(_ cluster: ArraySlice<Unit>) -> [Unit] {
        guard let first = cluster.first, let last = cluster.last else { return [] }
        let source = first.source.lowerBound..<last.source.upperBound
        let scalars = cluster.flatMap { normalization.decomposition(of: $0.scalar) }
        var starter = scalars[0]
        let marks = scalars.dropFirst().map { (scalar: $0, class: Self.combiningClass($0)) }.enumerated()
            // Stable: the canonical order keeps marks of one class as they stand.
            .sorted { ($0.element.class, $0.offset) < ($1.element.class, $1.offset) }.map(\.element)
        var rest: [UInt32] = []
        var blocked: UInt8 = 0
        for mark in marks {
            if mark.class != blocked || rest.isEmpty, let joined = normalization.composite(starter, mark.scalar) {
                starter = joined
            } else if decorates(mark.scalar, on: starter) {
                isMaterial = true
            } else {
                rest.append(mark.scalar)
                blocked = mark.class
            }
        }
        return ([starter] + rest).map { Unit(scalar: $0, source: source) }
    }

    private func decorates(_ mark: UInt32, on base: UInt32) -> Bool {
        ScalarClass.isStackingMark(mark)
            && (base < 0x80 || ScalarClass.isLatin(base) || ScalarClass.isGreek(base) || ScalarClass.isCyrillic(base))
    }

    private static func combiningClass(_ scalar: UInt32) -> UInt8 {
        guard scalar >= 0x300, let scalar = Unicode.Scalar(scalar) else { return 0 }
        return scalar.properties.canonicalCombiningClass.rawValue
    }

    // MARK: Words

    /// Folds look-alikes within words of mixed script. Words of one script are what they are, Russian stays Russian, unless
    /// they make common words when folded and stand in a text that is mostly Latin.
    private mutating func foldWords() {
        var index = 0
        while index < units.count {
            guard ScalarClass.isWord(units[index].scalar) else {
                index += 1
                continue
            }
            var end = index
            var hasLatin = false
            var hasOther = false
            while end < units.count, ScalarClass.isWord(units[end].scalar) {
                let scalar = units[end].scalar
                if ScalarClass.isLatin(scalar) { hasLatin = true } else if scalar >= 0x370 { hasOther = true }
                end += 1
            }
            if hasLatin, hasOther {
                foldMixed(index..<end)
            } else if hasOther {
                foldForeign(index..<end)
            }
            index = end
        }
    }

    private mutating func foldForeign(_ word: Range<Int>) {
        guard word.count <= CommonWords.longestWord, let first = confusables.lookAlikes[units[word.lowerBound].scalar]
        else { return }
        var letters = [first]
        for unit in units[word.dropFirst()] {
            guard let letter = confusables.lookAlikes[unit.scalar] else { return }
            letters.append(letter)
        }
        // A Greek letter alone is a symbol.
        guard word.count > 1 || ScalarClass.isCyrillic(units[word.lowerBound].scalar),
            CommonWords.shared.contains(letters.map { UInt8($0) | 0x20 }), isMostlyLatin
        else { return }
        for (index, letter) in zip(word, letters) { units[index].scalar = letter }
        isMaterial = true
    }

    private mutating func foldMixed(_ word: Range<Int>) {
        let letters = units[word].map(\.scalar)
        // `пapoль` has Cyrillic letters that look like no Latin ones, and its Latin letters look Cyrillic.
        let isCyrillic =
            letters.contains { ScalarClass.isCyrillic($0) && confusables.toLatin[$0] == nil }
            && letters.allSatisfy { !ScalarClass.isLatin($0) || confusables.toCyrillic[$0] != nil }
        let table = isCyrillic ? confusables.toCyrillic : confusables.toLatin
        let takesRare = letters.allSatisfy {
            $0 < 0x370 || ScalarClass.isLatin($0) || table[$0] != nil || confusables.rareToLatin[$0] != nil
        }
        for index in word {
            guard
                let letter = table[units[index].scalar]
                    ?? (takesRare ? confusables.rareToLatin[units[index].scalar] : nil)
            else { continue }
            units[index].scalar = letter
            isMaterial = true
        }
    }

    // MARK: Result

    private func result(unlessEqualTo original: [UInt8]) -> Result? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(original.count)
        var map = OffsetMap()
        for unit in units {
            let encoded =
                Unicode.Scalar(unit.scalar).flatMap { UTF8.encode($0) } ?? UTF8.encodedReplacementCharacter
            bytes.append(contentsOf: encoded)
            map.append(viewLength: encoded.count, source: unit.source)
        }
        guard bytes != original else { return nil }
        return Result(bytes: bytes, map: map, isMaterial: isMaterial)
    }
}

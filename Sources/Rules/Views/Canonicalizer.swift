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

    /// Words of mixed script that make a disguise.
    private static let minimumMixedWords = 3

    private struct Unit {
        var scalar: UInt32
        var source: Range<Int>
    }

    private let normalization = Normalization.shared
    private let confusables = Confusables.shared
    private var isMaterial = false
    private var units: [Unit] = []
    /// The stretches that were read, and how many units there were behind each.
    private var stretches: [(source: Range<Int>, end: Int)] = []
    private let bytes: [UInt8]
    /// Whether two of three letters and more of the text are Latin.
    private lazy var isMostlyLatin: Bool = {
        var latin = units.count { ScalarClass.isLatin($0.scalar) }
        let others = units.count { $0.scalar >= 0x370 && ScalarClass.isWord($0.scalar) }
        for gap in gaps { latin += bytes[gap].count(where: ASCIILetters.isLetter) }
        return latin >= 2 * others
    }()

    /// Words of mixed script.
    private var mixedWords = 0
    /// Whether the letters of another script only stand for Latin ones: they look like these, all of them, and many words have
    /// both.
    private lazy var isDisguised: Bool = {
        mixedWords >= Self.minimumMixedWords
            && units.allSatisfy {
                $0.scalar < 0x370 || !ScalarClass.isWord($0.scalar) || ScalarClass.isLatin($0.scalar)
                    || confusables.lookAlikes[$0.scalar] != nil
            }
    }()

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The canonical view of UTF-8 text; nil if the text is its own.
    static func canonicalize(_ bytes: [UInt8]) -> Result? {
        if ByteSurvey(bytes).isPlain { return nil }
        return canonicalize(bytes, stretches: PlainText.othersIn(bytes))
    }

    /// - Parameter stretches: what is to be read; the rest is its own canonical form.
    static func canonicalize(_ bytes: [UInt8], stretches: [Range<Int>]) -> Result? {
        var canonicalizer = Canonicalizer(bytes)
        // Once for all stretches: reserved anew for each, all units before would move each time.
        canonicalizer.units.reserveCapacity(stretches.reduce(0) { $0 + $1.count })
        for stretch in stretches { canonicalizer.readScalars(stretch) }
        canonicalizer.foldWords()
        return canonicalizer.result()
    }

    /// What was not read.
    private var gaps: [Range<Int>] {
        let starts = [0] + stretches.map(\.source.upperBound)
        let ends = stretches.map(\.source.lowerBound) + [bytes.count]
        return zip(starts, ends).map { $0..<$1 }
    }

    // MARK: Scalars

    /// Drops what is invisible, folds what stands for itself, and composes what is left.
    private mutating func readScalars(_ stretch: Range<Int>) {
        let start = units.count
        /// Whether invisible scalars stand after the last visible one, which was `before`.
        var hidden = false
        var before: UInt32?
        bytes.withUnsafeBufferPointer { bytes in
            var position = stretch.lowerBound
            while position < stretch.upperBound {
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
        composeMarks(from: start)
        foldHyphens(from: start)
        stretches.append((stretch, units.count))
    }

    private func splitsWord(_ before: UInt32, _ after: UInt32) -> Bool {
        // A selector before a mark is how keycaps are spelled.
        ScalarClass.isWord(before) && ScalarClass.isWord(after) && !ScalarClass.isStackingMark(after)
            && !ScalarClass.usesFormatControls(before)
            && !ScalarClass.usesFormatControls(after)
    }

    private mutating func append(_ scalar: UInt32, _ source: Range<Int>) {
        if scalar < 0xA0 || ScalarClass.isPlainLetter(scalar) {
            units.append(Unit(scalar: scalar, source: source))
        } else if let letter = confusables.latinVariant(of: scalar) {
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

    /// Reads dashes between two digits as the hyphen of a keyboard, which rules look for in numbers in groups. Those of prose stay.
    ///
    /// - Parameter start: the first unit of those that are read.
    private mutating func foldHyphens(from start: Int) {
        guard units.count > start + 2 else { return }
        for index in (start + 1)..<(units.count - 1) where Self.isDash(units[index].scalar) {
            let isBetweenDigits = Self.isDigit(units[index - 1].scalar) && Self.isDigit(units[index + 1].scalar)
            if isBetweenDigits { units[index].scalar = 0x2D }
        }
    }

    /// Hyphens and dashes up to the horizontal bar, and the minus sign.
    private static func isDash(_ scalar: UInt32) -> Bool { (0x2010...0x2015).contains(scalar) || scalar == 0x2212 }

    private static func isDigit(_ scalar: UInt32) -> Bool { (0x30...0x39).contains(scalar) }

    // MARK: Marks

    /// Canonical composition; marks that find no composite are dropped where they only decorate.
    ///
    /// - Parameter start: the first unit of those that are composed.
    private mutating func composeMarks(from start: Int) {
        guard
            units[start...].contains(where: { normalization.mayFollow($0.scalar) || Self.combiningClass($0.scalar) > 0 }
            )
        else { return }
        var composed: [Unit] = []
        composed.reserveCapacity(units.count - start)
        var index = start
        while index < units.count {
            var end = index + 1
            // Marks without a base are looked at one by one: each would look at all of the rest otherwise.
            if Self.combiningClass(units[index].scalar) == 0 {
                while end < units.count, Self.combiningClass(units[end].scalar) > 0 { end += 1 }
            }
            if end == index + 1 {
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
        units.replaceSubrange(start..., with: composed)
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
                // A keycap is the digit that it shows.
                if !(0x23...0x39).contains(starter) { isMaterial = true }
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

    /// The canonical combining class; for marks that have none because they go round what they follow, the last.
    private static func combiningClass(_ scalar: UInt32) -> UInt8 {
        guard scalar >= 0x300, !ScalarClass.isPlainLetter(scalar), let known = Unicode.Scalar(scalar) else { return 0 }
        let value = known.properties.canonicalCombiningClass.rawValue
        return value == 0 && ScalarClass.isStackingMark(scalar) ? .max : value
    }

    // MARK: Words

    /// Folds look-alikes within words of mixed script. Words of one script are what they are, Russian stays Russian, unless
    /// they make common words when folded and stand in a text that is mostly Latin.
    private mutating func foldWords() {
        // Those of one script last: in what script the text is tells who reads those of two.
        foldWords(ofOneScript: false)
        foldWords(ofOneScript: true)
    }

    private mutating func foldWords(ofOneScript: Bool) {
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
            if hasLatin, hasOther, !ofOneScript {
                foldMixed(index..<end)
                mixedWords += 1
            } else if hasOther, !hasLatin, ofOneScript {
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
        guard isMostlyLatin, isDisguised || isLikelyLatin(word, letters) else { return }
        for (index, letter) in zip(word, letters) { units[index].scalar = letter }
        isMaterial = true
    }

    /// A common word of Latin letters. A Greek letter alone is a symbol.
    private func isLikelyLatin(_ word: Range<Int>, _ letters: [UInt32]) -> Bool {
        (word.count > 1 || ScalarClass.isCyrillic(units[word.lowerBound].scalar))
            && CommonWords.shared.contains(letters.map { UInt8($0) | 0x20 })
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

    /// nil if the text is its own canonical form.
    private func result() -> Result? {
        var view: [UInt8] = []
        view.reserveCapacity(bytes.count)
        var map = OffsetMap()
        var position = 0
        var first = 0
        for (source, end) in stretches {
            copy(position..<source.lowerBound, to: &view, &map)
            for unit in units[first..<end] {
                let length = UTF8Scalars.append(unit.scalar, to: &view)
                map.append(viewLength: length, source: unit.source)
            }
            (position, first) = (source.upperBound, end)
        }
        copy(position..<bytes.count, to: &view, &map)
        guard view != bytes else { return nil }
        return Result(bytes: view, map: map, isMaterial: isMaterial)
    }

    private func copy(_ source: Range<Int>, to view: inout [UInt8], _ map: inout OffsetMap) {
        view += bytes[source]
        map.append(viewLength: source.count, source: source)
    }
}

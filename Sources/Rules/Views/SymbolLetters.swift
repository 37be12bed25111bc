/// Finds words whose letters are drawn by signs of other kinds: regional indicators (those of flags), braille, and letters that
/// stand on their heads, which are written from end to start.
enum SymbolLetters {
    /// Signs that are looked at: two make a flag, and a few a name.
    private static let minimumSigns = 4

    private enum Kind {
        case upright, turned
    }

    private struct Letter {
        var byte: UInt8
        var source: Range<Int>
    }

    static func find(in text: [UInt8]) -> [DecodedRun] {
        var signs = (upright: 0, turned: 0)
        for place in text.indices.dropLast(2) where text[place] >= 0xC4 {
            switch (text[place], text[place + 1]) {
            case (0xE2, 0xA0...0xA3): signs.upright += 1
            case (0xF0, 0x9F) where text[place + 2] == 0x87: signs.upright += 1
            case (0xC4, 0xB1), (0xC6, _), (0xC7, 0x9D), (0xC9, _), (0xCA, _), (0xE1, 0xB4...0xB5): signs.turned += 1
            default: break
            }
        }
        return (signs.upright >= minimumSigns ? find(in: text, .upright) : [])
            + (signs.turned >= minimumSigns ? find(in: text, .turned) : [])
    }

    private static func find(in text: [UInt8], _ kind: Kind) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var letters: [Letter] = []
        var signs = 0
        func close() {
            defer { (letters, signs) = ([], 0) }
            guard signs >= minimumSigns else { return }
            if let run = run(of: letters, kind) { runs.append(run) }
        }
        text.withUnsafeBufferPointer { text in
            var position = 0
            while position < text.count {
                let (scalar, length) = UTF8Scalars.decode(text, at: position)
                let source = position..<position + length
                position += length
                guard let letter = letter(scalar, kind) else {
                    // What is invisible between two indicators keeps them from being a flag.
                    if scalar < 0x80 || !ScalarClass.isInvisible(scalar) { close() }
                    continue
                }
                if letter.isSign { signs += 1 }
                letters.append(Letter(byte: letter.byte, source: source))
            }
        }
        close()
        return runs
    }

    private static func run(of letters: [Letter], _ kind: Kind) -> DecodedRun? {
        var run = DecodedRun(
            encoding: kind == .turned ? .upsideDown : .symbols,
            bytes: [],
            map: OffsetMap()
        )
        for letter in kind == .turned ? letters.reversed() : letters {
            run.bytes.append(letter.byte)
            run.map.append(viewLength: 1, source: letter.source)
        }
        return EnglishText.isLikely(run.bytes) ? run : nil
    }

    /// The letter that a scalar stands for, and whether it is a sign of the kind; nil if it parts words from others.
    private static func letter(_ scalar: UInt32, _ kind: Kind) -> (byte: UInt8, isSign: Bool)? {
        switch (kind, scalar) {
        case (.upright, 0x1F1E6...0x1F1FF): return (UInt8(0x61 + scalar - 0x1F1E6), true)
        case (.upright, 0x2800...0x283F): return braille[Int(scalar - 0x2800)].map { ($0, true) }
        case (.turned, 0x80...): return turnedSigns[scalar].map { ($0, true) }
        case (.turned, 0x61...0x7A): return (onItsHead(UInt8(scalar)), false)
        case (_, 0x20), (_, 0x0A): return (UInt8(scalar), false)
        case (_, 0x21...0x2F), (_, 0x30...0x40): return (UInt8(scalar), false)
        default: return nil
        }
    }

    /// What a letter of ASCII is on its head: the lower-case letter that it looks like, or itself where that is none.
    static func onItsHead(_ letter: UInt8) -> UInt8 { turnedLetters[Int(letter | 0x20) - 0x61] }

    /// By the dots of a cell, as Unicode counts them: the letters of English braille, and the empty cell.
    private static let braille: [UInt8?] = {
        var cells = [UInt8?](repeating: nil, count: 64)
        let dots: [UInt8] = [
            0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A, 0x1A, 0x05, 0x07, 0x0D, 0x1D, 0x15, 0x0F, 0x1F, 0x17,
            0x0E, 0x1E,
            0x25, 0x27, 0x3A, 0x2D, 0x3D, 0x35,
        ]
        for (letter, cell) in dots.enumerated() { cells[Int(cell)] = UInt8(0x61 + letter) }
        cells[0] = 0x20
        return cells
    }()

    /// Signs that look like a letter on its head.
    private static let turnedSigns: [UInt32: UInt8] = {
        let signs: [(UnicodeScalar, UnicodeScalar)] = [
            ("ɐ", "a"), ("ɔ", "c"), ("ǝ", "e"), ("ɟ", "f"), ("ƃ", "g"), ("ɓ", "g"), ("ᵷ", "g"), ("ɥ", "h"), ("ᴉ", "i"),
            ("ı", "i"),
            ("ɾ", "j"), ("ʞ", "k"), ("ʅ", "l"), ("ɯ", "m"), ("ɹ", "r"), ("ʇ", "t"), ("ʌ", "v"), ("ʍ", "w"), ("ʎ", "y"),
        ]
        return Dictionary(uniqueKeysWithValues: signs.map { ($0.value, UInt8(ascii: $1)) })
    }()

    /// By letter: the one that it is on its head, or itself where that is no letter.
    private static let turnedLetters = Array("aqcpefghijklwuodbrstnvmxyz".utf8)
}

/// Kinds of scalars that the canonical view treats in their own way.
enum ScalarClass {
    /// What nobody sees and what therefore hides in words or splits them: soft hyphen, joiners, fillers, direction marks,
    /// variation selectors, tags, control characters, byte-order mark. Line ends and tabs are not among them.
    static func isInvisible(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x20...0x7E, 0x09...0x0D, 0x85: false
        case 0x00...0x1F, 0x7F...0x9F: true
        case 0xAD, 0x034F, 0x061C, 0x115F...0x1160, 0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F: true
        case 0x202A...0x202E, 0x2060...0x206F, 0x2800, 0x3164, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0: true
        case 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF: true
        default: false
        }
    }

    /// Marks that are stacked on letters or put round them: they never change which letter of these scripts is read.
    static func isStackingMark(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0300...0x036F, 0x0488...0x0489, 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE20...0xFE2F: true
        default: false
        }
    }

    static func isLatin(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x41...0x5A, 0x61...0x7A, 0xAA, 0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x02AF, 0x1D00...0x1DBF: true
        case 0x1E00...0x1EFF, 0xA722...0xA7FF, 0xAB30...0xAB64: true
        default: false
        }
    }

    static func isCyrillic(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0400...0x052F, 0x1C80...0x1C8F, 0x2DE0...0x2DFF, 0xA640...0xA69F: true
        default: false
        }
    }

    static func isGreek(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0370...0x03FF, 0x1F00...0x1FFF: true
        default: false
        }
    }

    /// Scripts whose correct spelling needs joiners, direction marks or zero-width spaces: there these are no sign of
    /// hiding. Hebrew to Georgian's neighbours (Arabic, the Indic scripts, Thai, Tibetan, Burmese), Khmer, Mongolian and
    /// their extensions.
    static func usesFormatControls(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0590...0x109F, 0x1780...0x1AAF, 0x1B00...0x1C7F, 0xA800...0xABFF, 0xFB1D...0xFDFF, 0xFE70...0xFEFC: true
        default: false
        }
    }

    /// Letters of scripts with many readers that have no compatibility mapping, are no marks, and take none to be composed:
    /// Cyrillic, Hiragana, Chinese characters, Hangul syllables. A quick answer to many questions; other scalars may be alike.
    @inline(__always)
    static func isPlainLetter(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0400...0x0481, 0x048A...0x052F, 0x3041...0x3096, 0x3400...0x4DBF, 0x4E00...0x9FFC, 0xAC00...0xD7A3: true
        default: false
        }
    }

    static func isWord(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        case 0x00...0x7F: false
        case _ where isPlainLetter(scalar): true
        default: ScalarSet.word.contains(scalar)
        }
    }

    /// Scripts that write without spaces: there no word ends where a keyword does.
    static func writesWithoutSpaces(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF: true
        case 0xF900...0xFAFF, 0x20000...0x33479: true
        default: false
        }
    }

    static func isHangul(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7A3: true
        default: false
        }
    }
}

/// Finds lines that spell characters by number: `&#107;`, `&#x6B;` (HTML), `\u006b`, `\u{6b}` (programming languages).
enum CharacterReferences {
    /// Letters and digits a line must spell so for the model to read it: nobody needs to, and punctuation is often escaped. Rules
    /// read any line that spells one.
    static let minimumLetters = 3

    static func findEntities(in text: [UInt8]) -> [DecodedRun] {
        find(in: text, sign: UInt8(ascii: "&"), encoding: .entities, reference: entity)
    }

    static func findEscapes(in text: [UInt8]) -> [DecodedRun] {
        find(in: text, sign: UInt8(ascii: "\\"), encoding: .unicodeEscapes, reference: escape)
    }

    private typealias Reference = (value: UInt32, end: Int)

    private static func find(
        in text: [UInt8],
        sign: UInt8,
        encoding: TextEncoding,
        reference: ([UInt8], Int) -> Reference?
    ) -> [DecodedRun] {
        var runs: [DecodedRun] = []
        var start = 0
        while start < text.count {
            let end = text[start...].firstIndex(of: 0x0A) ?? text.count
            if text[start..<end].contains(sign),
                let run = decode(text, start..<end, sign: sign, encoding: encoding, reference: reference)
            {
                runs.append(run)
            }
            start = end + 1
        }
        return runs
    }

    private static func decode(
        _ text: [UInt8],
        _ line: Range<Int>,
        sign: UInt8,
        encoding: TextEncoding,
        reference: ([UInt8], Int) -> Reference?
    ) -> DecodedRun? {
        var run = DecodedRun(encoding: encoding, bytes: [], map: OffsetMap())
        var letters = 0
        var references = 0
        var position = line.lowerBound
        while position < line.upperBound {
            if text[position] == sign, let (value, end) = reference(text, position) {
                let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
                let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
                if ScalarClass.isWord(value) { letters += 1 }
                references += 1
                run.bytes += encoded
                run.map.append(viewLength: encoded.count, source: position..<end)
                position = end
            } else {
                run.bytes.append(text[position])
                run.map.append(viewLength: 1, source: position..<position + 1)
                position += 1
            }
        }
        run.isForModel = letters >= minimumLetters
        return references > 0 ? run : nil
    }

    /// `&#` and decimal digits, `&#x` and hexadecimal ones, or a name; browsers do without the semicolon behind a number.
    private static func entity(_ text: [UInt8], _ start: Int) -> Reference? {
        guard start + 2 < text.count else { return nil }
        guard text[start + 1] == UInt8(ascii: "#") else {
            return named(text, start)
        }
        let isHexadecimal = text[start + 2] | 0x20 == UInt8(ascii: "x")
        let first = start + (isHexadecimal ? 3 : 2)
        guard let (value, end) = number(text, from: first, radix: isHexadecimal ? 16 : 10, digits: 1...7) else {
            return nil
        }
        return (value, end < text.count && text[end] == UInt8(ascii: ";") ? end + 1 : end)
    }

    private static func named(_ text: [UInt8], _ start: Int) -> Reference? {
        let candidates = text[(start + 1)..<min(text.count, start + 2 + longestName)]
        guard let end = candidates.firstIndex(of: UInt8(ascii: ";")), let value = names[candidates[..<end]] else {
            return nil
        }
        return (value, end + 1)
    }

    private static func escape(_ text: [UInt8], _ start: Int) -> Reference? {
        guard start + 2 < text.count else { return nil }
        switch text[start + 1] {
        case UInt8(ascii: "u") where text[start + 2] == UInt8(ascii: "{"):
            guard let (value, end) = number(text, from: start + 3, radix: 16, digits: 1...6), end < text.count,
                text[end] == UInt8(ascii: "}")
            else { return nil }
            return (value, end + 1)
        case UInt8(ascii: "u"): return JSONEscapes.escape(text, start).map { ($0.value.value, $0.end) }
        case UInt8(ascii: "U"): return number(text, from: start + 2, radix: 16, digits: 8...8)
        default: return nil
        }
    }

    /// - Parameter digits: how many there may be. Zeros in front do not count unless the width is fixed.
    private static func number(
        _ text: [UInt8],
        from start: Int,
        radix: UInt32,
        digits: ClosedRange<Int>
    ) -> Reference? {
        var first = start
        if digits.count > 1 {
            while first < text.count, text[first] == UInt8(ascii: "0") { first += 1 }
        }
        var value: UInt32 = 0
        var end = first
        while end < text.count, end - first < digits.upperBound, let digit = HexadecimalRuns.digit(text[end]),
            digit < radix
        {
            value = value &* radix &+ UInt32(digit)
            end += 1
        }
        return end - start >= digits.lowerBound ? (value, end) : nil
    }

    /// Signs of ASCII, and what nobody sees between letters.
    private static let names: [ArraySlice<UInt8>: UInt32] = {
        let names: [(String, UInt32)] = [
            ("amp", 0x26), ("lt", 0x3C), ("gt", 0x3E), ("quot", 0x22), ("apos", 0x27), ("nbsp", 0x20),
            ("Tab", 0x09), ("NewLine", 0x0A), ("excl", 0x21), ("num", 0x23), ("dollar", 0x24), ("percnt", 0x25),
            ("lpar", 0x28), ("rpar", 0x29), ("ast", 0x2A), ("plus", 0x2B), ("comma", 0x2C), ("period", 0x2E),
            ("sol", 0x2F), ("colon", 0x3A), ("semi", 0x3B), ("equals", 0x3D), ("quest", 0x3F), ("commat", 0x40),
            ("lsqb", 0x5B), ("lbrack", 0x5B), ("bsol", 0x5C), ("rsqb", 0x5D), ("rbrack", 0x5D), ("Hat", 0x5E),
            ("lowbar", 0x5F), ("UnderBar", 0x5F), ("grave", 0x60), ("lcub", 0x7B), ("lbrace", 0x7B), ("verbar", 0x7C),
            ("vert", 0x7C), ("rcub", 0x7D), ("rbrace", 0x7D), ("hyphen", 0x2010), ("dash", 0x2010), ("shy", 0xAD),
            ("ZeroWidthSpace", 0x200B), ("zwnj", 0x200C), ("zwj", 0x200D), ("lrm", 0x200E), ("rlm", 0x200F),
            ("NoBreak", 0x2060), ("ApplyFunction", 0x2061), ("af", 0x2061), ("InvisibleTimes", 0x2062),
            ("it", 0x2062), ("InvisibleComma", 0x2063), ("ic", 0x2063),
        ]
        return Dictionary(uniqueKeysWithValues: names.map { (Array($0.0.utf8)[...], $0.1) })
    }()

    private static let longestName = names.keys.reduce(0) { max($0, $1.count) }
}

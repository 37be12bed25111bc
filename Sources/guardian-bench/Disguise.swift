import Foundation

/// A way to write a text so that people or models still read it and filters do not.
struct Disguise {
    var name: String
    var apply: @Sendable (String) -> String

    static let all: [Disguise] =
        [
            Disguise(name: "zero-width spaces") { between($0, "\u{200B}") },
            Disguise(name: "soft hyphens") { between($0, "\u{AD}") },
            Disguise(name: "direction marks") { text in
                words(text) { "\u{202A}" + between($0, "\u{2060}") + "\u{202C}" }
            },
            Disguise(name: "tags between letters") { between($0, "\u{E0061}") },
            Disguise(name: "text in tags") { "Hello!" + shifted($0, by: 0xE0000, from: 0x20...0x7E) },
            Disguise(name: "variation selectors") { "Hello!" + selectors($0) },
            Disguise(name: "combining marks") { letters($0) { "\($0)\u{336}" } },
            Disguise(name: "look-alike letters") { letters($0) { homoglyphs[$0] ?? String($0) } },
            Disguise(name: "fullwidth") { shifted($0, by: 0xFEE0, from: 0x21...0x7E) },
            Disguise(name: "bold letters") {
                shifted(shifted($0, by: 0x1D3B9, from: 0x61...0x7A), by: 0x1D3BF, from: 0x41...0x5A)
            },
            Disguise(name: "circled letters") {
                shifted(shifted($0, by: 0x246F, from: 0x61...0x7A), by: 0x2475, from: 0x41...0x5A)
            },
            Disguise(name: "digits for letters") { letters($0) { leet[$0] ?? String($0) } },
            Disguise(name: "spaced letters") { text in
                text.split(separator: " ").map { spelled($0, " ") }.joined(separator: "   ")
            },
            Disguise(name: "spaced, words too") { spelled($0.filter { $0 != " " }, " ") },
            Disguise(name: "dots between letters") { text in words(text) { spelled($0, ".") } },
            Disguise(name: "hyphens in words") { text in words(text) { cut($0, "-") } },
            Disguise(name: "line breaks in words") { text in words(text) { cut($0, "\n") } },
            Disguise(name: "markdown in words") { text in words(text) { cut($0, "**") } },
            Disguise(name: "tags of HTML in words") { text in words(text) { cut($0, "<b></b>") } },
            Disguise(name: "capitals") { $0.uppercased() },
            Disguise(name: "changing case") { text in
                text.enumerated().map { $0 % 2 == 0 ? $1.uppercased() : $1.lowercased() }.joined()
            },
            Disguise(name: "base64") { base64($0) },
            Disguise(name: "base64 of base64") { base64(base64($0)) },
            Disguise(name: "base64 in a sentence") { "Decode this and do what it says: " + base64($0) },
            Disguise(name: "base32") { base32($0) },
            Disguise(name: "hexadecimal") { text in text.utf8.map { hexadecimal($0) }.joined() },
            Disguise(name: "percent signs") { text in text.utf8.map { "%" + hexadecimal($0) }.joined() },
            Disguise(name: "entities of HTML") { text in text.unicodeScalars.map { "&#\($0.value);" }.joined() },
            Disguise(name: "escapes") { text in text.utf16.map { "\\u" + padded(String($0, radix: 16), 4) }.joined() },
            Disguise(name: "rot13") { rot13($0) },
            Disguise(name: "rot13 in base64") { base64(rot13($0)) },
            Disguise(name: "reversed") { String($0.reversed()) },
            Disguise(name: "reversed words") { text in words(text) { String($0.reversed()) } },
        ] + LetterCode.disguises

    private static func between(_ text: some StringProtocol, _ mark: String) -> String {
        text.map(String.init).joined(separator: mark)
    }

    static func words(_ text: String, _ change: (Substring) -> String) -> String {
        text.split(separator: " ").map(change).joined(separator: " ")
    }

    static func letters(_ text: String, _ change: (Character) -> String) -> String {
        text.map { $0.isASCII && $0.isLetter ? change($0) : String($0) }.joined()
    }

    /// Letters with a mark between each two; punctuation stays where it is.
    private static func spelled(_ text: some StringProtocol, _ mark: String) -> String {
        var result = ""
        var last: Character?
        for character in text {
            if let last, last.isLetter, character.isLetter { result += mark }
            result.append(character)
            last = character
        }
        return result
    }

    /// A word with a mark in the middle.
    private static func cut(_ word: Substring, _ mark: String) -> String {
        let middle = word.count / 2
        return middle == 0 ? String(word) : word.prefix(middle) + mark + word.dropFirst(middle)
    }

    private static func shifted(_ text: String, by distance: UInt32, from range: ClosedRange<UInt32>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let moved = range.contains(scalar.value) ? Unicode.Scalar(scalar.value + distance) : nil
            result.append(moved ?? scalar)
        }
        return String(result)
    }

    private static func selectors(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for byte in text.utf8 {
            if let scalar = Unicode.Scalar(byte < 16 ? 0xFE00 + UInt32(byte) : 0xE00F0 + UInt32(byte)) {
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static let homoglyphs: [Character: String] = [
        "a": "а", "c": "с", "e": "е", "i": "і", "o": "о", "p": "р", "s": "ѕ", "x": "х", "y": "у", "h": "һ",
        "A": "А", "B": "В", "C": "С", "E": "Е", "H": "Н", "K": "К", "M": "М", "O": "О", "P": "Р", "T": "Т",
    ]

    private static let leet: [Character: String] = [
        "a": "4", "e": "3", "i": "1", "o": "0", "s": "5", "t": "7", "l": "1",
    ]

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    private static func base32(_ text: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = text.utf8.flatMap { byte in (0..<8).map { byte >> (7 - UInt8($0)) & 1 } }
        let characters = stride(from: 0, to: bits.count, by: 5).map { start in
            alphabet[(0..<5).reduce(0) { $0 << 1 | (start + $1 < bits.count ? Int(bits[start + $1]) : 0) }]
        }
        return String(characters) + String(repeating: "=", count: (8 - characters.count % 8) % 8)
    }

    private static func hexadecimal(_ byte: UInt8) -> String { padded(String(byte, radix: 16), 2) }

    static func padded(_ digits: String, _ length: Int) -> String {
        String(repeating: "0", count: max(0, length - digits.count)) + digits
    }

    private static func rot13(_ text: String) -> String {
        letters(text) { letter in
            guard let value = letter.asciiValue else { return String(letter) }
            return String(UnicodeScalar(value | 0x20 < 0x6E ? value + 13 : value - 13))
        }
    }
}

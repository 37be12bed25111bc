import Foundation

/// Texts of one megabyte to be read.
enum SampleTexts {
    private static let size = 1_000_000

    /// `clean` is English without anything that may be hidden; `prose` the same texts with whatever is in them.
    static func all(_ corpus: PairCorpus) -> [(name: String, text: String)] {
        let prose = corpus.pairs.map(\.harmless)
        let plain = prose.filter { $0.utf8.allSatisfy { isPlain($0) } }
        let words = prose.joined(separator: " ")
        return [
            ("clean", filled(plain.joined(separator: "\n") + "\n")),
            ("prose", filled(prose.joined(separator: "\n") + "\n")),
            ("one_letter", oneLetter),
            ("spaces", filled(" ")),
            ("digits", filled("0123456789")),
            ("lone_digits", filled("1 ")),
            ("base64", Data(filled(words).utf8.prefix(size * 3 / 4)).base64EncodedString()),
            ("spelled", filled(words.prefix(2000).map { "\($0)." }.joined())),
            ("zero_width", filled(words.prefix(2000).map { "\($0)\u{200B}" }.joined())),
        ]
    }

    static let oneLetter = filled("a")

    /// Patterns that make engines that try one way after the other take for ever on a row of one letter.
    static let hostilePatterns = ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*a){12}b", "a.*b|c", "([a-z]+)*[0-9]"]

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) && byte < 0x80 || [0x20, 0x27, 0x2C, 0x2E, 0x3F].contains(byte)
    }

    private static func filled(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var filled: [UInt8] = []
        filled.reserveCapacity(size + bytes.count)
        while filled.count < size { filled += bytes }
        return String(decoding: filled, as: UTF8.self)
    }
}

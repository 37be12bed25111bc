/// Disguises that write each letter as something else.
enum LetterCode {
    static let disguises: [Disguise] = [
        Disguise(name: "Caesar's cipher") { moved($0) { ($0 + 3) % 26 } },
        Disguise(name: "Atbash") { moved($0) { 25 - $0 } },
        Disguise(name: "Morse") { text in
            text.lowercased().split(separator: " ").map { $0.compactMap { morse[$0] }.joined(separator: " ") }
                .joined(separator: " / ")
        },
        Disguise(name: "spelling alphabet") { text in
            text.lowercased().split(separator: " ").map { $0.compactMap { spelling[$0] }.joined(separator: " ") }
                .joined(separator: " / ")
        },
        Disguise(name: "numbers of characters") { text in text.utf8.map(String.init).joined(separator: " ") },
        Disguise(name: "bits") { text in
            text.utf8.map { Disguise.padded(String($0, radix: 2), 8) }.joined(separator: " ")
        },
        Disguise(name: "places in the alphabet") { text in
            text.lowercased().split(separator: " ").map {
                $0.compactMap(place).map { "\($0 + 1)" }.joined(separator: "-")
            }
            .joined(separator: " ")
        },
        Disguise(name: "regional indicators") { drawn($0, from: 0x1F1E6, between: "\u{200B}") },
        Disguise(name: "upside down") { text in
            String(Disguise.letters(text.lowercased()) { upsideDown[$0] ?? String($0) }.reversed())
        },
        Disguise(name: "no spaces") { text in text.filter { $0 != " " } },
        Disguise(name: "a capital for a space") { text in
            text.split(separator: " ").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        },
        Disguise(name: "accents") { text in Disguise.letters(text) { accents[$0] ?? String($0) } },
        Disguise(name: "dots below") { text in Disguise.letters(text) { "\($0)\u{323}" } },
    ]

    /// The place of a letter in the alphabet, from 0 on.
    private static func place(_ letter: Character) -> Int? {
        letter.asciiValue.flatMap { (0x61...0x7A).contains($0) ? Int($0) - 0x61 : nil }
    }

    private static func moved(_ text: String, _ move: (Int) -> Int) -> String {
        Disguise.letters(text.lowercased()) { letter in
            place(letter).map { String(UnicodeScalar(UInt8(0x61 + move($0)))) } ?? String(letter)
        }
    }

    private static func drawn(_ text: String, from first: UInt32, between: String) -> String {
        Disguise.letters(text.lowercased()) { letter in
            place(letter).flatMap { Unicode.Scalar(first + UInt32($0)) }.map { "\($0)" + between } ?? String(letter)
        }
    }

    private static let morse = table(
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
    )
    private static let spelling = table(
        "alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec romeo sierra "
            + "tango uniform victor whiskey xray yankee zulu"
    )
    private static let upsideDown = table("ɐ q ɔ p ǝ ɟ ƃ ɥ ı ɾ ʞ l ɯ u o d b ɹ s ʇ n ʌ ʍ x ʎ z")
    private static let accents = table("á b ć d é f g h í j k l m ń ó p q r ś t ú v w x ý ź")

    private static func table(_ words: String) -> [Character: String] {
        Dictionary(
            uniqueKeysWithValues: zip("abcdefghijklmnopqrstuvwxyz", words.split(separator: " ").map(String.init))
        )
    }
}

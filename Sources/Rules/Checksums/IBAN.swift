/// International bank account numbers (ISO 13616): two letters for the country, two check digits, and the country's own
/// account number, of a length that the country fixes.
enum IBAN {
    /// Where the number ends that `text` begins with; nil if it begins with none.
    ///
    /// - Parameter text: letters of either case, digits, and whatever groups them.
    static func prefix<Text>(of text: Text) -> Text.Index? where Text: Collection<UInt8> {
        var characters: [UInt8] = []
        var wanted = 4
        var position = text.startIndex
        while position < text.endIndex, characters.count < wanted {
            let byte = text[position]
            position = text.index(after: position)
            guard let character = alphanumeric(byte) else { continue }
            characters.append(character)
            guard characters.count == 2 else { continue }
            guard let length = lengths[String(decoding: characters, as: UTF8.self)] else { return nil }
            wanted = length
        }
        guard characters.count == wanted, remainder(of: characters) == 1 else { return nil }
        // A longer word that happens to begin like one.
        if position < text.endIndex, alphanumeric(text[position]) != nil { return nil }
        return position
    }

    /// The number, with its first four characters moved to its end and letters read as 10 to 35, modulo 97.
    private static func remainder(of characters: [UInt8]) -> Int? {
        var remainder = 0
        for character in characters[4...] + characters[..<4] {
            if character <= 0x39 {
                remainder = (remainder * 10 + Int(character) - 0x30) % 97
            } else {
                remainder = (remainder * 100 + Int(character) - 0x41 + 10) % 97
            }
        }
        // The check digits are digits, and 00, 01 and 99 are never among them.
        guard let first = digit(characters[2]), let second = digit(characters[3]) else { return nil }
        return (2...98).contains(first * 10 + second) ? remainder : nil
    }

    /// In upper case.
    private static func alphanumeric(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39, 0x41...0x5A: byte
        case 0x61...0x7A: byte & 0xDF
        default: nil
        }
    }

    private static func digit(_ byte: UInt8) -> Int? { byte <= 0x39 ? Int(byte) - 0x30 : nil }

    /// By country: the characters of a number, from SWIFT's registry.
    private static let lengths: [String: Int] = {
        let registry = """
            15 NO 16 BE 18 DK FI FK FO GL NL SD 19 MK SI 20 AT BA EE KZ LT LU MN XK 21 CH HR LI LV 22 BG BH CR DE GB GE IE
            ME RS VA 23 AE GI IL IQ OM SO TL 24 AD CZ ES MD PK RO SA SE SK TN VG 25 LY PT ST 26 IS TR 27 BI DJ FR GR IT MC
            MR SM 28 AL AZ BY CY DO GT HN HU LB NI PL SV 29 BR EG PS QA UA 30 JO KW MU 31 MT SC 32 LC 33 RU
            """
        var lengths: [String: Int] = [:]
        var length = 0
        for word in registry.split(whereSeparator: \.isWhitespace) {
            if let number = Int(word) { length = number } else { lengths[String(word)] = length }
        }
        return lengths
    }()
}

import Testing

@testable import Rules

@Suite struct CharacterCodesTests {
    private static let plain = "how do i make bread at home"

    private static func written(_ base: Int, digits: Int, separator: String) -> String {
        plain.utf8.map { byte in
            let number = String(byte, radix: base)
            return String(repeating: "0", count: max(0, digits - number.count)) + number
        }
        .joined(separator: separator)
    }

    @Test(arguments: [(2, 8, " "), (2, 7, " "), (2, 8, ""), (8, 3, " "), (10, 1, " "), (10, 1, ", "), (10, 3, "-")])
    func numbersOfCharactersAreRead(base: Int, digits: Int, separator: String) {
        let text = "what is " + Self.written(base, digits: digits, separator: separator)
        #expect(decoded(text, as: .characterCodes) == [Self.plain])
    }

    @Test func ordinaryNumbersAreNone() {
        for text in [
            "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12", "2026-11-28 10:15 to 2026-11-29 11:20, 7 and 8 and 9",
            "101 102 103 104 105 106 107 108", "+49 30 1234567 and +49 40 7654321 and 112",
            "10101010 11110000 00001111 01010101 11001100 00110011 10011001 01100110",
        ] {
            #expect(decoded(text, as: .characterCodes).isEmpty, "\(text)")
        }
    }

    @Test func longNumbersAndManyAreNoTrap() {
        #expect(decoded(String(repeating: "9", count: 5000), as: .characterCodes).isEmpty)
        #expect(decoded(String(repeating: "99999999 ", count: 5000), as: .characterCodes).isEmpty)
        #expect(decoded(String(repeating: "01", count: 5000), as: .characterCodes).count <= 1)
    }
}

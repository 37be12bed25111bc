import Testing

@testable import Rules

@Suite struct IBANTests {
    private func prefix(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        return IBAN.prefix(of: bytes).map { String(decoding: bytes[..<$0], as: UTF8.self) }
    }

    /// The registry's own examples.
    static let examples = [
        "NO9386011117947", "BE68539007547034", "DE89370400440532013000", "GB29NWBK60161331926819",
        "CH9300762011623852957", "FR1420041010050500013M02606", "PL61109010140000071219812874",
        "MT84MALT011000012345MTLCAST001S", "NL91ABNA0417164300", "SA0380000000608010167519",
    ]

    @Test(arguments: examples) func registeredNumbersPass(number: String) {
        #expect(prefix(number) == number)
        #expect(prefix(number.lowercased()) == number.lowercased())
        let groups = stride(from: 0, to: number.count, by: 4).map { number.dropFirst($0).prefix(4) }
        let grouped = groups.joined(separator: " ")
        #expect(prefix(grouped) == grouped)
        #expect(prefix(grouped + " PLEASE PAY") == grouped)
    }

    @Test(arguments: examples) func everySingleWrongCharacterFails(number: String) {
        let bytes = Array(number.utf8)
        for place in bytes.indices.dropFirst(2) {
            for digit in UInt8(0x30)...0x39 where digit != bytes[place] {
                var wrong = bytes
                wrong[place] = digit
                #expect(IBAN.prefix(of: wrong) == nil)
            }
        }
    }

    @Test func otherLengthsAndCountriesFail() {
        #expect(prefix("DE8937040044053201300") == nil)
        #expect(prefix("DE893704004405320130001") == nil)
        #expect(prefix("ZZ89370400440532013000") == nil)
        for text in ["", "D", "DE", "DE8", "DE89", "1234567890123456", "Dé89370400440532013000"] {
            #expect(prefix(text) == nil)
        }
    }

    /// They leave the right remainder, and no bank gives them out.
    @Test func checkDigitsBeyondTheirRangeFail() {
        for place in 0...96 {
            let account = "BE\(place < 10 ? "0" : "")\(place)539007547034"
            if prefix(account) != nil { #expect(place == 68) }
        }
        #expect(prefix("BE6A539007547034") == nil)
    }
}

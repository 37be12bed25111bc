import Testing

@testable import Rules

@Suite struct LuhnNumberTests {
    /// Numbers that card networks publish for tests.
    @Test(arguments: ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "6011000990139424"])
    func numbersOfCardsPass(number: String) {
        #expect(LuhnNumber.isValid(Array(number.utf8)))
    }

    @Test func everySingleWrongDigitFails() {
        let number = Array("4111111111111111".utf8)
        for place in number.indices {
            for digit in UInt8(0x30)...0x39 where digit != number[place] {
                var wrong = number
                wrong[place] = digit
                #expect(!LuhnNumber.isValid(wrong))
            }
        }
    }

    @Test func lengthIsChecked() {
        // Zeros in front change no sum.
        for count in 0...30 {
            let number = String(repeating: "0", count: count) + "59"
            #expect(LuhnNumber.isValid(Array(number.utf8)) == (12...19).contains(count + 2))
        }
    }

    @Test func whatHoldsNoNumberFails() {
        for text in ["", "no digits at all", String(repeating: "0", count: 16), "４１１１１１１１１１１１１１１１"] {
            #expect(!LuhnNumber.isValid(Array(text.utf8)))
        }
        #expect(!LuhnNumber.isValid(Array(repeating: 0xFF, count: 16)))
    }
}

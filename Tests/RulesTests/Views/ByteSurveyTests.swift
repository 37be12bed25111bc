import Testing

@testable import Rules

@Suite struct ByteSurveyTests {
    /// Every byte, wherever it stands in a word of eight.
    @Test func noByteIsMissed() {
        for byte in UInt8.min...UInt8.max {
            for length in [1, 7, 8, 9, 17] {
                for place in 0..<length {
                    var text = Array(repeating: UInt8(ascii: "a"), count: length)
                    text[place] = byte
                    let survey = ByteSurvey(text)
                    #expect(survey.hasNonASCII == (byte >= 0x80))
                    #expect(survey.hasControls == (byte < 0x20 && !(0x09...0x0D).contains(byte) || byte == 0x7F))
                    if byte < 0x80 {
                        #expect(survey.hasDigit == (0x30...0x39).contains(byte))
                        #expect(survey.hasPercent == (byte == UInt8(ascii: "%")))
                        #expect(survey.hasAmpersand == (byte == UInt8(ascii: "&")))
                        #expect(survey.hasBackslash == (byte == UInt8(ascii: "\\")))
                    }
                }
            }
        }
    }

    @Test func emptyTextHasNothing() {
        #expect(ByteSurvey([]) == ByteSurvey(Array("plain text".utf8)))
    }

    /// Neighbours do not disturb each other: a foreign byte hides none beside it.
    @Test func bytesAreSeenBesideForeignOnes() {
        for foreign in UInt8(0x80)...0xFF {
            let survey = ByteSurvey([
                foreign, UInt8(ascii: "%"), foreign, UInt8(ascii: "5"), foreign, 0x01, foreign, 0x26,
            ])
            #expect(survey.hasPercent && survey.hasDigit && survey.hasControls && survey.hasAmpersand)
        }
    }
}

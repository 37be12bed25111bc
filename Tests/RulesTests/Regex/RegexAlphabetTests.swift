import Testing

@testable import Rules

@Suite struct RegexAlphabetTests {
    @Test func aClassNeverStraddlesASet() {
        let sets = [ScalarSet([0x61...0x7A]), ScalarSet([0x6D...0x6D, 0xE9...0x500]), .asciiDigits, .word]
        let alphabet = RegexAlphabet(sets: sets, hasContext: true)
        for value in UInt32(0)...0x3000 {
            let index = alphabet.classOf(value)
            for (number, set) in sets.enumerated() {
                #expect(alphabet.isMember(class: index, ofSet: number) == set.contains(value))
            }
            #expect(alphabet.isWord[index] == ScalarSet.word.contains(value))
            #expect(alphabet.isUnspaced[index] == ScalarSet.unspaced.contains(value))
            #expect(alphabet.isNewline[index] == (value == 0x0A))
        }
    }

    @Test func itIsAsSmallAsTheSetsNeed() {
        #expect(RegexAlphabet(sets: [.word, .asciiDigits], hasContext: false).count == 3)
        #expect(RegexAlphabet(sets: [], hasContext: false).count == 1)
        #expect(RegexAlphabet(sets: [.all], hasContext: false).count == 1)
    }
}

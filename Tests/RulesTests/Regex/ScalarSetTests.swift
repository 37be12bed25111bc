import Testing

@testable import Rules

@Suite struct ScalarSetTests {
    @Test func joinsOverlappingAndAdjacentRanges() {
        #expect(ScalarSet([5...7, 1...2, 3...4, 6...9]).ranges == [1...9])
        #expect(ScalarSet([1...9, 2...3, 20...21]).ranges == [1...9, 20...21])
    }

    @Test func inversionIsItsOwnInverse() {
        for set in [
            ScalarSet(), .all, .word, .newline, ScalarSet([0...0]), ScalarSet([ScalarSet.maximum...ScalarSet.maximum]),
        ] {
            #expect(set.inverted.inverted == set)
            #expect(set.inverted.count + set.count == 0x110000)
        }
    }

    @Test func unspacedHoldsLettersOfScriptsThatMarkNoWords() {
        for scalar in "中あカก한ᄒ".unicodeScalars { #expect(ScalarSet.unspaced.contains(scalar.value), "\(scalar)") }
        for scalar in "aéяعअ1_・。 ".unicodeScalars { #expect(!ScalarSet.unspaced.contains(scalar.value), "\(scalar)") }
    }

    @Test func membershipAgreesWithTheRanges() {
        let set = ScalarSet([3...5, 9...9])
        #expect((0...11).filter { set.contains($0) } == [3, 4, 5, 9])
    }

    @Test func caseVariantsAreFoundBothWays() {
        #expect(ScalarSet("k").ignoringCase == ScalarSet([0x4B...0x4B, 0x6B...0x6B]))
        #expect(ScalarSet("ß").ignoringCase.contains(0xDF))
        #expect(ScalarSet("Я").ignoringCase.contains(0x44F))
        #expect(ScalarSet("1").ignoringCase == ScalarSet("1"))
        let sigma = ScalarSet([0x3A3...0x3A3, 0x3C2...0x3C3])
        for form in ["Σ", "σ", "ς"] as [Unicode.Scalar] { #expect(ScalarSet(form).ignoringCase == sigma) }
        #expect(ScalarSet("ß").ignoringCase.contains(0x1E9E) && ScalarSet("\u{1E9E}").ignoringCase.contains(0xDF))
        #expect(ScalarSet("\u{17F}").ignoringCase.contains(0x73))
    }

    @Test func whiteSpaceIsUnicodesWhiteSpace() {
        for value in UInt32(0)...0x3100 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(ScalarSet.whitespace.contains(value) == scalar.properties.isWhitespace)
        }
    }
}

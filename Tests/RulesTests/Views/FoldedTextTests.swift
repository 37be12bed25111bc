import Testing

@testable import Rules

@Suite struct FoldedTextTests {
    private func folded(_ text: String) -> String {
        String(decoding: FoldedText(Array(text.utf8)).bytes, as: UTF8.self)
    }

    @Test func lowersCaseAndJoinsWhiteSpace() {
        #expect(folded("A  B\n\tC\u{3000} D e") == "a b c d e")
        #expect(folded("ПРИВЕТ ΟΔΟΣ ος") == "привет οδοσ οσ")
        #expect(folded("  a  ") == " a ")
    }

    @Test func mapsBackAcrossChangesOfLength() {
        // Ⱥ has two bytes, ⱥ three.
        let text = "x \n Ⱥy"
        let result = FoldedText(Array(text.utf8))
        #expect(String(decoding: result.bytes, as: UTF8.self) == "x ⱥy")
        #expect(result.map.source(of: 1..<2) == 1..<4)
        #expect(result.map.source(of: 2..<5) == 4..<6)
        #expect(result.map.source(of: 5..<6) == 6..<7)
    }

    @Test func foldingIsScalarByScalar() {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<300 {
            let text = random.text(of: "aB Éß\t\nİſK😀\u{FFFD} ", length: 0...12)
            var expected: [UInt8] = []
            for scalar in text.unicodeScalars {
                let bytes = FoldedText.fold(scalar)
                if bytes == [0x20], expected.last == 0x20 { continue }
                expected += bytes
            }
            #expect(FoldedText(Array(text.utf8)).bytes == expected)
        }
    }
}

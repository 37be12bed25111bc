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

    /// Eight bytes at a time or one: the same, wherever white space, capitals and other scalars stand.
    @Test func foldingManyBytesAtOnceIsFoldingEach() {
        var random = SeededGenerator(seed: 14)
        for _ in 0..<600 {
            let text =
                random.text(of: "abcdefgXYZ@[`{ \n\u{7F}\u{1}", length: 0...40)
                + random.text(of: " é\u{3000}AȺ한", length: 0...2)
                + random.text(of: "abcdefgXYZ \n", length: 0...20)
            let bytes = Array(text.utf8)
            var expected: [UInt8] = []
            for scalar in text.unicodeScalars {
                let folded = FoldedText.fold(scalar)
                if folded == [0x20], expected.last == 0x20 { continue }
                expected += folded
            }
            let result = FoldedText(bytes)
            #expect(result.bytes == expected)
            for offset in result.bytes.indices where result.bytes[offset] < 0x80 {
                let source = result.map.source(of: offset..<offset + 1)
                let piece = FoldedText(Array(bytes[source])).bytes
                #expect(piece == [result.bytes[offset]], "\(text.debugDescription) at \(offset)")
            }
        }
    }

    @Test func whatIsTakenForCaselessFoldsToItself() {
        for value in UInt32(0x80)...0x2FFFF {
            guard FoldedText.isCaseless(value), let scalar = Unicode.Scalar(value), FoldedText.fold(scalar) != [0x20]
            else { continue }
            #expect(FoldedText.fold(scalar) == Array(String(scalar).utf8), "U+\(String(value, radix: 16))")
        }
    }
}

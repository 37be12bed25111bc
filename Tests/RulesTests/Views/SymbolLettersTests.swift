import Testing

@testable import Rules

@Suite struct SymbolLettersTests {
    private static let plain = "how do i make bread"

    private static func drawn(_ letter: (UInt32) -> UInt32, between: String = "") -> String {
        plain.unicodeScalars.map { scalar in
            guard scalar != " ", let sign = Unicode.Scalar(letter(scalar.value - 0x61)) else { return " " }
            return String(Character(sign)) + between
        }
        .joined()
    }

    @Test func regionalIndicatorsAreLetters() {
        #expect(decoded(Self.drawn({ 0x1F1E6 + $0 }, between: "\u{200B}"), as: .symbols) == [Self.plain])
    }

    @Test func brailleIsRead() {
        #expect(decoded("⠓⠕⠺ ⠙⠕ ⠊ ⠍⠁⠅⠑ ⠃⠗⠑⠁⠙", as: .symbols) == [Self.plain])
        #expect(decoded("⠓⠕⠺⠀⠙⠕⠀⠊⠀⠍⠁⠅⠑⠀⠃⠗⠑⠁⠙", as: .symbols).contains(Self.plain))
    }

    @Test func lettersOnTheirHeadsAreReadFromTheEnd() {
        #expect(decoded("pɐǝɹq ǝʞɐɯ ı op ʍoɥ", as: .upsideDown) == [Self.plain])
    }

    @Test func flagsAndPhoneticsAreNone() {
        #expect(decoded("🇫🇷 🇩🇪 🇮🇹 🇪🇸 🇵🇹 🇬🇷", as: .symbols).isEmpty)
        #expect(decoded("ðə kwɪk braʊn fɒks ʤʌmps ˈəʊvə ðə leɪzi dɒɡ", as: .upsideDown).isEmpty)
    }
}

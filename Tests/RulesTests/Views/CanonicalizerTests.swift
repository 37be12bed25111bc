import Foundation
import Testing

@testable import Rules

private func canonical(_ text: String) -> String {
    Canonicalizer.canonicalize(Array(text.utf8)).map { String(decoding: $0.bytes, as: UTF8.self) } ?? text
}

private func isMaterial(_ text: String) -> Bool {
    Canonicalizer.canonicalize(Array(text.utf8))?.isMaterial ?? false
}

@Suite struct CanonicalizerTests {
    /// Attack list A1: everything that splits a word and shows nothing.
    static let invisible: [UInt32] = [
        0x00, 0x08, 0x7F, 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D,
        0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x2066, 0x2067,
        0x2068, 0x2069, 0x206F, 0x2800, 0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFB, 0xE0001, 0xE0041,
        0xE007F, 0xE0100, 0xE01EF,
    ]

    @Test(arguments: invisible) func removesWhatNobodySees(value: UInt32) throws {
        let scalar = String(try #require(Unicode.Scalar(value)))
        let text = "w\(scalar)or\(scalar)\(scalar)d"
        #expect(canonical(text) == "word")
        #expect(isMaterial(text))
        let result = try #require(Canonicalizer.canonicalize(Array(text.utf8)))
        #expect(result.map.source(of: 0..<4) == 0..<text.utf8.count)
    }

    /// Attack list A3.
    @Test(arguments: [
        ("ｗｏｒｄ", "word"), ("𝐰𝐨𝐫𝐝", "word"), ("𝔴𝔬𝔯𝔡", "word"), ("ⓦⓞⓡⓓ", "word"), ("🅆🄾🅁🄳", "WORD"), ("🅦🅞🅡🅓", "WORD"),
        ("🆆🅾🆁🅳", "WORD"), ("wоrd", "word"), ("ѕесrеt", "secret"), ("pαsswοrd", "password"), ("ᴡᴏʀᴅ", "word"),
        ("ﬁle", "file"), ("w\u{336}o\u{336}r\u{336}d\u{336}", "word"), ("w\u{308}\u{301}\u{30A}\u{327}ord", "ẅord"),
        ("пapoль", "пароль"), ("раypаl", "paypal"),
    ]) func foldsLookAlikes(text: String, expected: String) {
        #expect(canonical(text).unicodeScalars.elementsEqual(expected.unicodeScalars), "\(canonical(text))")
        #expect(isMaterial(text))
    }

    @Test(arguments: [
        "plain words", "Привет, как дела?", "Καλημέρα κόσμε", "你好,世界", "مرحبا بالعالم", "नमस्ते दुनिया", "안녕하세요 세계",
        "naïve façade",
        "Việt Nam", "ьолг", "α-helix and β", "Москва и London", "日本語のテキスト", "שלום עולם",
    ]) func leavesHonestTextAlone(text: String) {
        #expect(canonical(text).unicodeScalars.elementsEqual(text.unicodeScalars), "\(canonical(text))")
        #expect(!isMaterial(text))
    }

    @Test(arguments: [
        "wait… what", "a\u{A0}b", "10 m²", "❤️ and 👨‍👩‍👧 and 1️⃣", "می\u{200C}خواهم", "क्\u{200D}ष", "½ cup", "\u{FEFF}start",
        "quoted “word”", "™", "e\u{301}te\u{301}",
    ]) func typographyIsNoReasonToReadTwice(text: String) {
        #expect(!isMaterial(text))
    }

    @Test(arguments: ["\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2014}", "\u{2015}", "\u{2212}"])
    func dashesBetweenDigitsAreHyphens(dash: String) throws {
        let text = "4111\(dash)1111"
        #expect(canonical(text) == "4111-1111")
        #expect(!isMaterial(text))
        let result = try #require(Canonicalizer.canonicalize(Array(text.utf8)))
        #expect(result.map.source(of: 4..<5) == 4..<7)
    }

    @Test(arguments: ["yes – no", "a–b", "5 – 6", "–5", "5–", "5–a", "5——6"]) func otherDashesStay(text: String) {
        #expect(canonical(text) == text)
    }

    @Test func letterCaseStays() {
        #expect(canonical("ＷoＲd") == "WoRd")
    }

    @Test func composesAndOrdersMarks() {
        #expect(canonical("e\u{301}").unicodeScalars.elementsEqual("é".unicodeScalars))
        #expect(canonical("e\u{302}\u{323}").unicodeScalars.elementsEqual("ệ".unicodeScalars))
        #expect(canonical("ê\u{323}").unicodeScalars.elementsEqual("ệ".unicodeScalars))
        #expect(canonical("\u{1112}\u{1161}\u{11AB}").unicodeScalars.elementsEqual("한".unicodeScalars))
    }

    /// What is plain is copied; reading it too gives the same.
    @Test func readingOnlyWhatIsNotPlainMissesNothing() {
        var random = SeededGenerator(seed: 15)
        let pieces = [
            "plain", "words", " ", ", ", "\n", "_", "9", "e\u{301}", "\u{301}", "x\u{200B}", "\u{200B}", "\u{7F}", "ｗ",
            "рау", "pаy",
            "한", "\u{1112}\u{1161}", "α", "“", "–", "\u{A0}", "😀\u{FE0F}", "ﬁ", "-", "1\u{FE0F}\u{20E3}", "\u{1}", "ß",
        ]
        for _ in 0..<1500 {
            let text = (0..<Int.random(in: 1...14, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            let bytes = Array(text.utf8)
            #expect(
                Canonicalizer.canonicalize(bytes) == Canonicalizer.canonicalize(bytes, stretches: [bytes.indices]),
                "\(text.debugDescription)"
            )
        }
    }

    @Test func isIdempotent() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<400 {
            let text = random.text(
                of: "abс еo\u{301}\u{336}\u{200B}ｗ𝐚ﬁпр \u{FEFF}한\u{1112}\u{1161}क\u{94D}\u{200D}😀\u{FE0F}½\u{FFFD}\n",
                length: 0...12
            )
            let once = canonical(text)
            #expect(canonical(once).unicodeScalars.elementsEqual(once.unicodeScalars), "\(text.debugDescription)")
        }
    }

    @Test func everyByteMapsBackIntoTheText() throws {
        var random = SeededGenerator(seed: 12)
        for _ in 0..<400 {
            let text = random.text(of: "abсе\u{301}\u{336}\u{200B}ｗ𝐚ﬁ \u{E0041}😀㎏ǆ", length: 1...12)
            guard let result = Canonicalizer.canonicalize(Array(text.utf8)) else { continue }
            var previous = 0
            for offset in result.bytes.indices {
                let source = result.map.source(of: offset..<(offset + 1))
                #expect(!source.isEmpty && source.upperBound <= text.utf8.count)
                #expect(source.lowerBound >= previous)
                previous = source.lowerBound
            }
        }
    }

    /// Foundation's normaliser follows a newer Unicode version than the table, so what the table cannot know is left out.
    @Test func compatibilityMappingsAreThoseOfFoundation() {
        for value in UInt32(0xA0)...0x2FA1F {
            guard let scalar = Unicode.Scalar(value), (0x3131...0x318E).contains(value) == false,
                !(0xFFA0...0xFFDC).contains(value), let age = scalar.properties.age, age.major <= 14
            else { continue }
            let expected = String(scalar).precomposedStringWithCompatibilityMapping.unicodeScalars.map(\.value)
            let found = Normalization.shared.mapping(of: value) ?? [value]
            #expect(found == expected, "U+\(String(value, radix: 16))")
        }
    }

    @Test func compositionIsThatOfFoundation() {
        var random = SeededGenerator(seed: 13)
        let marks = "\u{300}\u{301}\u{302}\u{303}\u{308}\u{323}\u{327}\u{331}"
        for _ in 0..<500 {
            // Thai and Devanagari marks do not decorate, so nothing is dropped; Latin is tested by what composes.
            let base = random.text(of: "ก한नа", length: 1...1)
            let text = base + random.text(of: "\u{E48}\u{93C}\u{94D}\u{E38}", length: 0...3)
            #expect(
                canonical(text).unicodeScalars.elementsEqual(
                    text.precomposedStringWithCompatibilityMapping.unicodeScalars
                )
            )
            let latin = random.text(of: "aeiou", length: 1...1) + random.text(of: marks, length: 1...1)
            let composed = latin.precomposedStringWithCanonicalMapping
            if composed.unicodeScalars.count == 1 {
                #expect(canonical(latin).unicodeScalars.elementsEqual(composed.unicodeScalars))
            }
        }
    }

    @Test func marksWithoutEndDoNotExplode() {
        let zalgo = "a" + String(repeating: "\u{301}\u{316}", count: 20_000)
        #expect(canonical(zalgo) == "á")
    }

    /// However many stretches and marks there are, each is looked at once: so many would take hours otherwise.
    @Test func hostileTextsAreReadInOnePass() {
        let marks = String(repeating: "\u{300}", count: 200_000)
        #expect(canonical(marks) == marks)
        let words = String(repeating: "а-b ", count: 200_000)
        #expect(canonical(words) == words)
    }
}

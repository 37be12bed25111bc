import Testing

@testable import Rules

private func found(_ text: String) -> [(TextEncoding, String)] {
    let bytes = Array(text.utf8)
    return CipheredStretches.find(in: bytes, WordSurvey(bytes)).map {
        ($0.encoding, String(decoding: $0.bytes, as: UTF8.self))
    }
}

private func rotated(_ text: String) -> String {
    String(decoding: text.utf8.map(ASCIILetters.rotated), as: UTF8.self)
}

@Suite struct CipheredStretchesTests {
    private let secret = "Please tell me how the quokka opens this door"

    @Test func readsRotatedText() {
        #expect(found(rotated(secret)).map(\.1) == [secret])
        #expect(found(rotated(secret)).map(\.0) == [.rot13])
    }

    @Test func readsReversedTextAndReversedWords() {
        let backwards = found(String(secret.reversed()))
        #expect(backwards.contains { $0.0 == .reversed && $0.1 == secret })
        let words = secret.split(separator: " ").map { String($0.reversed()) }.joined(separator: " ")
        #expect(found(words).contains { $0.0 == .reversedWords && $0.1 == secret })
    }

    @Test(arguments: [
        "who'd open the six-week-old door of the house", "xylem = banging pots at the window of the house",
    ]) func readsSignsWithinReversedWordsAndRareWordsBesideThem(text: String) {
        let words = text.split(separator: " ").map { String($0.reversed()) }.joined(separator: " ")
        #expect(found(words).contains { $0.0 == .reversedWords && $0.1 == text })
        #expect(found(String(text.reversed())).contains { $0.0 == .reversed && $0.1 == text })
    }

    @Test func findsAStretchInOtherTextAndRareWordsAtItsEnd() {
        let text =
            "The answer to this question is the following: \(rotated("open the large door with a quokka")).\nThank you."
        #expect(found(text).map(\.1).contains { $0.contains("open the large door with a quokka") })
    }

    @Test func mapsBackExactly() throws {
        let text = "I say: " + rotated(secret)
        let bytes = Array(text.utf8)
        let run = try #require(CipheredStretches.find(in: bytes, WordSurvey(bytes)).first)
        let password = try #require(String(decoding: run.bytes, as: UTF8.self).firstRange(of: "quokka"))
        let view = String(decoding: run.bytes, as: UTF8.self)
        let start = view[..<password.lowerBound].utf8.count
        let source = run.map.source(of: start..<start + 6)
        #expect(String(decoding: bytes[source], as: UTF8.self) == rotated("quokka"))
        let reversed = Array(String(secret.reversed()).utf8)
        let backwards = try #require(
            CipheredStretches.find(in: reversed, WordSurvey(reversed)).first { $0.encoding == .reversed }
        )
        #expect(backwards.map.source(of: 0..<6) == reversed.count - 6..<reversed.count)
    }

    @Test(arguments: [
        "The quick brown fox jumps over the lazy dog and nobody minds at all.",
        "Guten Morgen, wie geht es Ihnen heute? Ich habe gestern ein neues Fahrrad gekauft.",
        "Buenos días, mi familia vive en una casa grande cerca del mar y tiene un perro.",
        "Bonjour, je voudrais un café et une tranche de gâteau, s'il vous plaît.",
        "Krzysztof Wiśniewski poszedł wczoraj do sklepu kupić chleb i mleko dla rodziny.",
        "Selamat pagi, apa kabar? Saya ingin membeli buku untuk anak saya.",
        "func main() { let xs = zip(lhs, rhs).map { $0 &+ $1 }; fputs(msg, stderr) }",
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore",
        "drab mood stressed rats live on evil star", "",
    ]) func findsNothingInHonestText(text: String) {
        #expect(found(text).isEmpty, "\(found(text))")
    }

    @Test func hostileTextsAreReadInOnePass() {
        for word in ["gur ", "gur the ", "x", "eht é"] {
            let text = String(repeating: word, count: 10_000)
            let total = found(text).reduce(0) { $0 + $1.1.utf8.count }
            #expect(total <= 3 * text.utf8.count)
        }
    }
}

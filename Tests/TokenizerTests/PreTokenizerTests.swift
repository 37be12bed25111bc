import Testing

@testable import Tokenizer

struct PreTokenizerTests {
    private func words(_ text: String) -> [String] {
        var text = text
        return text.withUTF8 { bytes in
            var scanner = PreTokenizer(bytes)
            var words: [String] = []
            while let word = scanner.next() { words.append(String(decoding: bytes[word], as: UTF8.self)) }
            return words
        }
    }

    @Test func aSpaceGoesWithTheWordBehindIt() {
        #expect(words("Hello big  world") == ["Hello", " big", " ", " world"])
        #expect(words(" a !b") == [" a", " !", "b"])
    }

    @Test func everyNumberCharacterStandsAlone() {
        #expect(words("in 2026, ½") == ["in", " ", "2", "0", "2", "6", ",", " ", "½"])
    }

    @Test func whiteSpaceBeforeANumberStaysWhole() {
        #expect(words("a   1") == ["a", "   ", "1"])
        #expect(words("a   b") == ["a", "  ", " b"])
    }

    @Test func contractionsSplitOff() {
        #expect(
            words("I'm they've he'll don't we're I'd it's") == [
                "I", "'m", " they", "'ve", " he", "'ll", " don", "'t", " we", "'re", " I", "'d", " it", "'s",
            ]
        )
        #expect(words("IT'S 'l 'r") == ["IT", "'", "S", " '", "l", " '", "r"])
        #expect(words("!'s '") == ["!'", "s", " '"])
    }

    @Test func lineBreaksAndTabsDoNotJoinWords() {
        #expect(words("a\nb\n\n\nc\t d") == ["a", "\n", "b", "\n\n", "\n", "c", "\t", " d"])
        #expect(words("end \n ") == ["end", " \n "])
    }

    @Test func charactersNewerThanTheReferenceCountAsUnassigned() {
        // U+A7CE, a letter since Unicode 17.
        #expect(ScalarClass("\u{a7ce}") == .other)
    }

    @Test func wordsBeginWhereTheyAreSaidToBeginForCertain() {
        let pieces = HostileTextTests.characters + ["'s", "'ll", "re", "  ", "word"]
        var state: UInt64 = 7
        for _ in 0..<3000 {
            var text = ""
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text += pieces[Int(state >> 33) % pieces.count]
            }
            let wrong = text.withUTF8 { bytes in
                let whole = PreTokenizer(bytes)
                var scanner = whole
                var starts: Set<Int> = [0]
                while let word = scanner.next() { starts.insert(word.upperBound) }
                return bytes.indices.filter { index in
                    let start = whole.lastCertainStart(upTo: index)
                    return start > index || !starts.contains(start)
                }
            }
            #expect(wrong.isEmpty, "\(text.debugDescription)")
        }
    }

    @Test(arguments: [
        "It isn't what they've said: 12 people, e.g., went home.\n\n", "안녕하세요 여러분, 반갑습니다. ", "我们今天去公园，看见3只狗。",
        "สวัสดีครับ", "😀👍🏽 ok ",
    ])
    func theNextCertainBeginningOfAWordIsNear(sentence: String) {
        var text = String(repeating: sentence, count: 50)
        let farthest = text.withUTF8 { bytes in
            let words = PreTokenizer(bytes)
            return bytes.indices.map { $0 - words.lastCertainStart(upTo: $0) }.max() ?? 0
        }
        #expect(farthest < 48)
    }

    @Test func wordsCoverTheTextWithoutGaps() {
        for text in ["", "x", "Größe, 안녕\u{3000}1２३!😀's\u{85}", String(repeating: " \n'", count: 50)] {
            #expect(words(text).joined() == text)
        }
    }
}

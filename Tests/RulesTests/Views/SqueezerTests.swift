import Testing

@testable import Rules

private func squeezed(_ text: String) -> Squeezer.Result? {
    let bytes = Array(text.utf8)
    return Squeezer.squeeze(bytes, WordSurvey(bytes))
}

private func read(_ text: String) -> String {
    squeezed(text).map { String(decoding: $0.bytes, as: UTF8.self) } ?? text
}

@Suite struct SqueezerTests {
    @Test(arguments: [
        ("k i l l", "kill"), ("k.i.l.l", "kill"), ("k-i-l-l", "kill"), ("K_I_L_L", "KILL"), ("k\ni\nl\nl", "kill"),
        ("h.o.w t.o k.i.l.l", "how to kill"), ("h o w  t o  k i l l", "how to kill"),
        ("h o w t o k i l l", "how to kill"), ("now m.a.k.e it", "now make it"), ("k 1 l l", "kill"),
    ]) func readsSpelledWords(text: String, expected: String) {
        #expect(read(text) == expected)
        #expect(squeezed(text)?.isMaterial == true)
    }

    @Test(arguments: [
        ("k**il**l", "kill"), ("pass`wor`d", "password"), ("p<b>assw</b>ord", "password"), ("k-ill him", "kill him"),
        ("ki.ll", "kill"), ("bo\nmb", "bomb"), ("bo-\nmb", "bomb"), ("pa-ssw-ord", "password"),
    ]) func readsWordsThatWereCutUp(text: String, expected: String) {
        #expect(read(text) == expected)
        #expect(squeezed(text)?.isMaterial == true)
    }

    @Test(arguments: [
        ("k1ll", "kill"), ("k111", "kill"), ("P@$$w0rd", "Password"), ("b0mb", "bomb"), ("h0w 70 m4k3", "how 70 make"),
        ("5734l", "steal"),
    ]) func readsWordsDrawnWithDigitsAndSigns(text: String, expected: String) {
        #expect(read(text) == expected)
        #expect(squeezed(text)?.isMaterial == true)
    }

    /// Rules look for words that are not common ones, too.
    @Test func rareWordsAreReadButNotForTheModel() {
        #expect(read("xylophon3") == "xylophon3")
        #expect(read("xyl0phones") == "xylophones")
        #expect(read("a xyl**op**hone") == "a xylophone")
        #expect(squeezed("xyl0phones")?.isMaterial == false)
    }

    @Test(arguments: [
        "A well-being and state-of-the-art plan, and/or a re-run.", "Call 1 2 3 4 5 6 7 now", "4111 1111 1111 1111",
        "MP3 files of B2B and 3D, 10am", "bob@example.com at www.example.com/a-b_c.html", "**bold** and `code` here",
        "I paid $100 on 10/12/2025", "e.g. the U.S. and i.e. a.m.", "<b>bold</b> <i>text</i>",
        "1. one\n2. two\n3. three",
        "He said \"don't\", didn't he?", "first line\nsecond line", "Я и в с ним", "你 好 世 界", "हि न दी", "한 국 어 로",
        "let x = a[i] + b[j]",
    ]) func leavesHonestTextAlone(text: String) {
        #expect(squeezed(text)?.isMaterial != true, "\(read(text))")
    }

    /// What is no certain word is read like the others where these are.
    @Test(arguments: [
        ("Wh-at d-o I ca-ll t-he bla-ck ki-tten?", "What do I call the black kitten?"),
        ("Wh\nat d\no I ca\nll t\nhe bla\nck ki\ntten?", "What do I call the black kitten?"),
        ("I**'d ne**ver sa**y th**at o**f h**er, mo**ther", "I'd never say that of her, mother"),
        (
            "Wh<b></b>at so<b></b>uffl\u{E9} d<b></b>o I ta<b></b>ke bla<b></b>ck tr<b></b>ay-<b></b>bakes",
            "What souffl\u{E9} do I take black tray-bakes"
        ),
        ("t.h.e g.r.a.d.e.r  h.a.n.g.s  f.o.r  ho.urs, wo.rse", "the grader  hangs  for  hours, worse"),
    ]) func inATextThatIsCutUpEveryWordIs(text: String, expected: String) {
        #expect(read(text) == expected)
        #expect(squeezed(text)?.isEnough == true)
    }

    @Test func wordsThatAreOnesStayApartEvenWhereOthersAreCutUp() {
        let text = "wh-at ho-urs d-o people ca-ll the state-kitten-house"
        #expect(read(text) == "what hours do people call the state-kitten-house")
        #expect(read("wh\nat ho\nurs ca\nll people\nunder\nwater") == "what hours call people\nunder\nwater")
    }

    @Test(arguments: [
        ("1 w4n7 70 kn0w why 17 15 w4rm 70d4y, 5h3'5 n07", "I want to know why it is warm today, she's not"),
        ("h0w 70 574r7 7h15 p14n0 0r v1014, 1'11 w417", "how to start this piano or viola, I'll wait"),
    ]) func inATextDrawnWithDigitsNumbersAreWordsToo(text: String, expected: String) {
        #expect(read(text).lowercased() == expected.lowercased())
        #expect(squeezed(text)?.isEnough == true)
    }

    @Test func aFewDrawnWordsMakeNoHabit() {
        #expect(read("15 of 70 p30ple kn0w") == "15 of 70 people know")
        // Random codes are more often no words than words.
        #expect(read("a55 7h3 0n3 x3q1 3k7z 1zq4 4qx7 z0q1 5xk3 k1q7 70").hasSuffix(" 70"))
    }

    /// The text itself is read, too, where something else than signs would be lost, or where few words are cut up.
    @Test(arguments: [
        "please k.i.l.l it", "one ki-ll more", "wh<b title=x>at ho<b title=y>urs ca<b title=z>ll me",
        "wh<how>at ho<to>urs ca<kill>ll me", "h0w d4rk",
    ]) func whatIsSqueezedIsNotAlwaysEnough(text: String) {
        #expect(squeezed(text)?.isEnough != true)
    }

    @Test func spelledWordsThatStandApartAreNotDivided() {
        #expect(read("t h e   g r a d e r   h a n g s") == "the grader hangs")
        #expect(read("t h e g r a d e r h a n g s,n o w") == "the grader hangs, now")
        #expect(squeezed("t h e   g r a d e r   h a n g s")?.isEnough == true)
    }

    @Test func lettersInARowAreOneWordEvenIfNoCommonOne() {
        #expect(read("q, z, x, v") == "qzxv")
        #expect(squeezed("q, z, x, v")?.isMaterial == false)
        #expect(read("у б и т ь") == "убить")
    }

    @Test func everyByteMapsBackIntoTheText() {
        var random = SeededGenerator(seed: 31)
        var checked = 0
        for _ in 0..<500 {
            let text = random.text(of: "kil1l.- *<b>@0у\n", length: 0...24)
            guard let result = squeezed(text) else { continue }
            checked += 1
            var previous = 0
            for offset in result.bytes.indices {
                let source = result.map.source(of: offset..<offset + 1)
                #expect(!source.isEmpty && source.upperBound <= text.utf8.count && source.lowerBound >= previous)
                previous = source.lowerBound
            }
            #expect(String(validating: result.bytes, as: UTF8.self) != nil)
        }
        #expect(checked > 50)
    }

    @Test func theSourceOfAWordIsAllOfItsSpelling() throws {
        let result = try #require(squeezed("go k.i.l.l now"))
        #expect(String(decoding: result.bytes, as: UTF8.self) == "go kill now")
        #expect(result.map.source(of: 3..<7) == 3..<10)
    }

    @Test func hostileTextsAreReadInOnePass() {
        for text in ["a ", "a.", "a-a-", "1l", "a*", "<", "<a", "a<b>", "é ", "@"] {
            let long = String(repeating: text, count: 20_000)
            #expect((squeezed(long)?.bytes.count ?? 0) <= 2 * long.utf8.count)
        }
    }

    @Test(arguments: [
        ("W e d o n't k n o w t h a t", "We don't know that"),
        ("I'v e s e e n i t i s n't t h e r e", "I've seen it isn't there"),
        ("h e h a s1938p i c t u r e s", "he has 1938 pictures"),
        ("s e e C h a p t e r4.T h e n g o", "see Chapter 4. Then go"),
        ("t h e c a f é i s o p e n", "the café is open"),
        ("f r e s h   l o g s   40   f o r   a l l", "fresh logs 40 for all"),
        ("t h e y w e n t(a n d w e)h o m e", "they went(and we) home"),
    ]) func readsWhatStandsBesideSpelledWords(text: String, expected: String) {
        #expect(read(text) == expected)
    }

    @Test func spellingIsReadBehindDigitsThatStandAlone() {
        #expect(read("1 2 3 4 5 6 8, k i l l").hasSuffix(", kill"))
    }

    /// However many beginnings of a long row are tried, the row is looked at once: this many would take hours otherwise.
    @Test(arguments: ["1 ", "1 2 a ", "$ "]) func rowsOfDigitsAreReadInOnePass(text: String) {
        let row = Array(String(repeating: text, count: 100_000).utf8)
        #expect(Squeezer.squeeze(row, WordSurvey(suspectingAllOf: row)) == nil)
    }
}

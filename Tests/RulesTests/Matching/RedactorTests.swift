import Foundation
import Testing

@testable import Rules

@Suite struct RedactorTests {
    @Test func replacesSpansInAnyOrder() {
        #expect(Redactor.apply([(6..<8, "[b]"), (0..<2, "[a]")], to: "xx yy zz") == "[a] yy [b]")
    }

    @Test func widensToWholeScalarsNotGraphemes() {
        #expect(Redactor.apply([(2..<3, "_")], to: "aéb") == "a_b")
        #expect(Redactor.apply([(3..<4, "_")], to: "a😀b") == "a_b")
        // A letter and its combining mark are two scalars: only the touched one goes.
        #expect(Redactor.apply([(0..<1, "_")], to: "e\u{301}").unicodeScalars.elementsEqual("_\u{301}".unicodeScalars))
    }

    @Test func joinsOverlapsUnderTheFirstPlaceholder() {
        #expect(Redactor.apply([(1..<4, "[1]"), (2..<6, "[2]")], to: "abcdefg") == "a[1]g")
        #expect(Redactor.apply([(1..<3, "[1]"), (3..<4, "[2]")], to: "abcdefg") == "a[1][2]efg")
    }

    @Test func ignoresWhatIsEmptyOrOutside() {
        #expect(Redactor.apply([], to: "abc") == "abc")
        #expect(Redactor.apply([(1..<1, "x"), (7..<9, "y")], to: "abc") == "abc")
        #expect(Redactor.apply([(2..<99, "!")], to: "abc") == "ab!")
    }

    @Test func keepsEverythingElse() {
        var random = SeededGenerator(seed: 61)
        for _ in 0..<300 {
            let text = random.text(of: "aé😀\u{301}\u{FFFD}", length: 1...10)
            let lower = Int.random(in: 0...text.utf8.count, using: &random)
            let upper = Int.random(in: lower...text.utf8.count, using: &random)
            let result = Redactor.apply([(lower..<upper, "")], to: text)
            #expect(result.unicodeScalars.count <= text.unicodeScalars.count)
            #expect(result.utf8.count <= text.utf8.count - (upper - lower))
            #expect(!result.unicodeScalars.contains("\u{FFFD}") || text.unicodeScalars.contains("\u{FFFD}"))
        }
    }

    @Test(arguments: [
        (#"{"a":"Hi bob."}"#, "bob", #"{"a":"Hi [x]."}"#),
        // What is touched of an escape goes whole.
        (#"{"a":"Hi\nbob."}"#, "nbob", #"{"a":"Hi[x]."}"#),
        (#"{"a":"say \"hi\" now"}"#, #"hi\"#, #"{"a":"say \"[x] now"}"#),
        (#"{"a":"\ud83d\ude00!"}"#, "ude00!", #"{"a":"[x]"}"#),
        // So does what is touched of a number or a word, for a string.
        (#"{"a":-4111}"#, "111", #"{"a":"[x]"}"#), ("[true, null]", "ru", #"["[x]", null]"#),
        // What holds strings and values together stays.
        (#"{"key":"value","n":1}"#, #"key":"value"#, #"{"[x]":"","n":1}"#),
        (#"{"key":"value","n":12}"#, #"lue","n":1"#, #"{"key":"va[x]","":""}"#),
        // All of it is one string, and lines are as many texts.
        (#"{"a":"b"}"#, #"{"a":"b"}"#, #""[x]""#), ("[1]\n[2]\n", "2", "[1]\n[\"[x]\"]\n"),
    ]) func aTextThatIsJSONStaysJSON(text: String, part: String, expected: String) throws {
        let range = try #require(text.firstRange(of: part))
        let lower = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
        #expect(Redactor.apply([(lower..<lower + part.utf8.count, "[x]")], toJSON: text) == expected)
    }

    @Test func placeholdersAreEscapedInJSON() {
        #expect(Redactor.apply([(2..<3, "<\"\\\n>")], toJSON: #"["a",1]"#) == #"["<\"\\\u000a>",1]"#)
        #expect(Redactor.apply([(5..<6, "\"")], toJSON: #"["a",1]"#) == #"["a","\""]"#)
    }

    @Test func eachSpanOfJSONHasItsPlaceholder() {
        let spans: [(span: Range<Int>, placeholder: String)] = [
            (10..<11, "3"), (2..<3, "1"), (3..<4, "2"), (6..<7, "4"), (7..<8, "5"),
        ]
        #expect(Redactor.apply(spans, toJSON: #"["ab",12,"c"]"#) == #"["12","4","3"]"#)
    }

    @Test(arguments: [
        #"{"a":"Hi\n\"bob\"","b":[1.5e3,-2,true,null,{"ä\u00e9":"\ud83d\ude00"}]}"#, #" [ "x" , 12 ] "#,
    ]) func noSpanMakesAnythingElseOfJSON(text: String) {
        let count = text.utf8.count
        for lower in 0..<count {
            for upper in (lower + 1)...count {
                guard let result = Redactor.apply([(lower..<upper, "\"\\")], toJSON: text) else { continue }
                let value = try? JSONSerialization.jsonObject(with: Data(result.utf8), options: .fragmentsAllowed)
                #expect(value != nil, "\(lower..<upper) gives \(result)")
            }
        }
    }

    @Test(arguments: ["", "plain", "[see] this", #"{"a":"#, "{hello}", #"{"a":"\x"}"#, #"["a"] and more"#, "[]"])
    func aTextThatIsNoJSONIsNotEditedAsSuch(text: String) {
        #expect(Redactor.apply([(0..<text.utf8.count, "[x]")], toJSON: text) == nil)
    }
}

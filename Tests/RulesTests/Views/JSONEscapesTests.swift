import Foundation
import Testing

@testable import Rules

@Suite struct JSONEscapesTests {
    private func decoded(_ text: String) -> String? {
        JSONEscapes.find(in: Array(text.utf8)).first.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test(arguments: [
        (#"{"q":"\u0062luebird"}"#, #"{"q":"bluebird"}"#),
        (#"["a\nb","\"c\"","d\/e"]"#, "[\"a\nb\",\"\"c\"\",\"d/e\"]"),
        (#" {"q":"\ud83d\ude00"}"#, #" {"q":"😀"}"#), (#""\u00e4""#, #""ä""#),
        (#"{"q":"b\u006Cue, cut"#, #"{"q":"blue, cut"#),
    ]) func escapesAreUndone(text: String, plain: String) {
        #expect(decoded(text) == plain)
    }

    @Test(arguments: [
        "", " ", "{", #"{"q":"bluebird"}"#, #"C:\new\table"#, #"say {"q":"\u0062"}"#, #"{"q":"\x62"}"#,
        #"{"q":"\u00"}"#, "{\\",
        #"{"q":"\u00zz"}"#,
    ]) func whatIsNoJSONOrHasNoEscapesIsLeft(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test(arguments: [#"{"\ud83d"}"#, #"{"\ude00"}"#, #"{"\ud83d\n"}"#, #"{"\ud83dA"}"#])
    func halfAPairStandsForNothing(text: String) {
        #expect(decoded(text)?.contains("\u{FFFD}") == true)
    }

    @Test func aMatchIsMappedBackToWhatStandsInTheText() throws {
        let text = #"{"q":"a \u0062luebir\u0064 b"}"#
        let run = try #require(JSONEscapes.find(in: Array(text.utf8)).first)
        let plain = String(decoding: run.bytes, as: UTF8.self)
        let start = try #require(plain.range(of: "bluebird")).lowerBound.utf16Offset(in: plain)
        let source = run.map.source(of: start..<start + 8)
        #expect(String(decoding: Array(text.utf8)[source], as: UTF8.self) == #"\u0062luebir\u0064"#)
    }

    @Test func jsonWithinJSONIsReadToo() {
        let inner = #"{\"q\":\"\\u0062luebird\"}"#
        let views = TextViews(#"{"a":"\#(inner)"}"#)
        #expect(views.views.contains { $0.text.contains("bluebird") })
    }

    @Test func theModelReadsItOnlyWhereLettersAreEscaped() {
        #expect(TextViews(#"{"q":"one\ntwo, \"three\""}"#).modelViews.count == 1)
        #expect(TextViews(#"{"q":"one t\u0077o"}"#).modelViews == [#"{"q":"one two"}"#])
        #expect(TextViews(#"{"q":"\u006f\u006e\u0065 two"}"#).modelViews.last == #"{"q":"one two"}"#)
    }

    /// The line of three is read by itself, that of one only as JSON; a letter of two halves is read with its line.
    @Test(arguments: [
        "{\"a\":\"\\u0061\\u0062\\u0063\",\n\"q\":\"one t\\u0077o\"}",
        #"{"a":"\u0061\u0062\u0063","q":"one t\ud835\udc30o"}"#,
    ]) func aLineOfEscapesDoesNotHideTheOthersFromTheModel(text: String) {
        #expect(TextViews(text).modelViews.last?.contains("one two") == true)
    }

    @Test func whatTheModelReadsLineByLineItNeedNotReadAgain() {
        let text = Array(#"{"q":"\u006f\u006e\u0065"}"#.utf8)
        #expect(JSONEscapes.find(in: text).map(\.isForModel) == [true])
        #expect(JSONEscapes.find(in: text, besides: [text.indices]).map(\.isForModel) == [false])
        let pair = Array(#"{"q":"\ud835\udc30"}"#.utf8)
        #expect(JSONEscapes.find(in: pair, besides: [pair.indices]).map(\.isForModel) == [false])
    }
}

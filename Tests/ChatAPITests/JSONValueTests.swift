import ChatAPI
import Testing

struct JSONValueTests {
    @Test func integersAreWrittenAsIntegers() {
        #expect(JSONValue.number("12").integer == 12)
        #expect(JSONValue.number("-3").integer == -3)
        for text in ["1.0", "1e0", "99999999999999999999"] { #expect(JSONValue.number(text).integer == nil) }
        #expect(JSONValue.string("1").integer == nil)
    }

    @Test func valuesOfAnotherKindAreNil() {
        #expect(JSONValue.number("1").string == nil)
        #expect(JSONValue.string("true").bool == nil)
        #expect(JSONValue.null.array == nil)
        #expect(JSONValue.array([]).object == nil)
        #expect(JSONValue.null.isNull)
    }

    @Test func anObjectKeepsThePlaceOfAChangedMember() {
        var object: JSONObject = ["a": .null, "b": .null]
        object["a"] = .bool(true)
        object["c"] = .null
        object["b"] = nil
        #expect(object.members.map(\.name) == ["a", "c"])
        #expect(object["a"] == .bool(true))
        #expect(object["none"] == nil)
    }
}

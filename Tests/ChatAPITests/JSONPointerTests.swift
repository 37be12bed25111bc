import Testing

@testable import ChatAPI

struct JSONPointerTests {
    @Test func escapesTildeAndSlash() {
        #expect(JSONPointer.escaped("plain") == "plain")
        #expect(JSONPointer.escaped("a/b~c~1") == "a~1b~0c~01")
    }

    @Test func aStringIsReplacedAtItsPlaceOnly() throws {
        let value = try JSONParser.parse(Array(#"{"a/b":["x",{"~":"x"}],"c":"x"}"#.utf8))
        let edited = value.replacingStrings { $0 == "/a~1b/1/~0" ? "y" : nil }
        #expect(String(decoding: JSONWriter.bytes(edited), as: UTF8.self) == #"{"a/b":["x",{"~":"y"}],"c":"x"}"#)
    }

    @Test func aNumberThatIsReplacedBecomesAString() throws {
        let value = try JSONParser.parse(Array(#"{"a":[4111,1e3]}"#.utf8))
        let edited = value.replacingStrings { $0 == "/a/0" ? "[card]" : nil }
        #expect(String(decoding: JSONWriter.bytes(edited), as: UTF8.self) == #"{"a":["[card]",1e3]}"#)
    }

    @Test func aNameIsReplacedWithoutItsValue() throws {
        let value = try JSONParser.parse(Array(#"{"a":"x"}"#.utf8))
        let edited = value.replacingStrings { $0 == "/a" + JSONPointer.nameSuffix ? "b" : nil }
        #expect(String(decoding: JSONWriter.bytes(edited), as: UTF8.self) == #"{"b":"x"}"#)
    }

    @Test func namesThatBecomeTheSameAreNumbered() throws {
        let names = (0..<8000).map { "AKIA\($0)" } + ["[key] 3", "[other]"]
        let value = JSONValue.object(JSONObject(names.map { .init(name: $0, value: .null) }))
        let edited = value.replacingStrings { $0.hasPrefix("/AKIA") ? "[key]" : nil }
        let found = try #require(edited.object?.members.map(\.name))
        // Those that are there already are not given again.
        let numbered = (2...8001).filter { $0 != 3 }.map { "[key] \($0)" }
        #expect(found == ["[key]"] + numbered + ["[key] 3", "[other]"])
    }

    @Test func aValueIsReplacedAtItsPlaceOnly() throws {
        let value = try JSONParser.parse(Array(#"{"a/b":["x",{"~":["y"]}],"c":"x"}"#.utf8))
        let edited = value.replacing(["/a~1b/1/~0": .null, "/c/0": .null])
        #expect(String(decoding: JSONWriter.bytes(edited), as: UTF8.self) == #"{"a/b":["x",{"~":null}],"c":"x"}"#)
        #expect(value.replacing([:]) == value)
    }

    @Test func noMemberHasThePlaceOfAName() throws {
        let value = try JSONParser.parse(Array(#"{"a":"x","a~name":"z"}"#.utf8))
        let edited = value.replacingStrings { $0 == "/a" + JSONPointer.nameSuffix ? "b" : nil }
        #expect(String(decoding: JSONWriter.bytes(edited), as: UTF8.self) == #"{"b":"x","a~name":"z"}"#)
    }
}

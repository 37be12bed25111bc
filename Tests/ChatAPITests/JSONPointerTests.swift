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

    @Test func noMemberHasThePlaceOfAName() throws {
        let value = try JSONParser.parse(Array(#"{"a":"x","a~name":"z"}"#.utf8))
        let edited = value.replacingStrings { $0 == "/a" + JSONPointer.nameSuffix ? "b" : nil }
        #expect(String(decoding: JSONWriter.bytes(edited), as: UTF8.self) == #"{"b":"x","a~name":"z"}"#)
    }
}

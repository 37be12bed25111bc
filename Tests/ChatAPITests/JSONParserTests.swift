import ChatAPI
import Testing

struct JSONParserTests {
    private func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try JSONParser.parse(Array(text.utf8), limits: limits)
    }

    @Test func readsEveryKindOfValue() throws {
        let value = try parse(#" {"a":[null,true,false,-1.50e+2,"x"],"b":{},"c":[]} "#)
        let expected: JSONObject = [
            "a": .array([.null, .bool(true), .bool(false), .number("-1.50e+2"), .string("x")]),
            "b": .object(JSONObject()),
            "c": .array([]),
        ]
        #expect(value == .object(expected))
    }

    @Test func readsEscapes() throws {
        let value = try parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00""#)
        #expect(value == .string("\"\\/\u{08}\u{0C}\n\r\tA\u{E9}😀"))
    }

    @Test func keepsTheSpellingOfNumbers() throws {
        for number in ["0", "-0", "1.0", "1e0", "1E+400", "123456789012345678901234567890"] {
            #expect(try parse(number) == .number(number))
        }
    }

    @Test(
        arguments: [
            "", " ", "nul", "tru", "True", "NaN", "Infinity", "-Infinity", "undefined", "'a'", "01", "-", "-01", "1.",
            ".5", "+1", "1e", "1e+", "0x10", "1_000", "[1,]", "[,1]", "[1 2]", "[1", "{", #"{"a"}"#, #"{"a":}"#,
            #"{"a":1,}"#, #"{a:1}"#, #"{1:1}"#, "{,}", "\"", #""\x""#, #""\u12""#, #""\u12G4""#, #""\u+123""#, "\"\\",
            "\"a\tb\"", "\"a\u{0}b\"", "1 2", "{}{}", "[]]", "/* */ 1", "1 // x", "\u{FEFF}1", "\u{A0}1", "\u{0C}1",
        ]
    )
    func refusesWhatIsNotJSON(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(arguments: [
        #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\ud800\ud800""#, #""\ud83dx""#, #""\ude00\ud83d""#,
    ])
    func refusesLoneSurrogates(text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test func refusesBytesThatAreNotUTF8() {
        let sequences: [[UInt8]] = [
            [0xFF], [0x80], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xC3],
        ]
        for sequence in sequences {
            #expect(throws: JSONError.self) { try JSONParser.parse([0x22] + sequence + [0x22]) }
            #expect(throws: JSONError.self) { try JSONParser.parse([0x7B, 0x22] + sequence + Array("\":1}".utf8)) }
        }
    }

    @Test(
        arguments: [
            #"{"stream":false,"stream":true}"#, #"{"a":1,"b":2,"a":1}"#, #"{"model":"a","mod\u0065l":"b"}"#,
            #"{"x":{"y":[{"z":1,"z":2}]}}"#,
        ]
    )
    func refusesANameGivenTwice(text: String) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.message.contains("twice") == true)
    }

    @Test(arguments: [1, 16, 17, 18, 40])
    func refusesAnyNameGivenTwiceHoweverManyThereAre(count: Int) throws {
        let members = (0..<count).map { "\"n\($0)\":\($0)" }
        guard case .object(let object) = try parse("{\(members.joined(separator: ","))}") else {
            Issue.record("it is no object")
            return
        }
        #expect(object.members.count == count)
        for name in 0..<count {
            let text = "{\(members.joined(separator: ",")),\"n\(name)\":0}"
            #expect(throws: JSONError.self) { try parse(text) }
        }
    }

    @Test func theSameNameMayStandInTwoObjects() throws {
        _ = try parse(#"[{"a":1},{"a":{"a":2}}]"#)
    }

    @Test func namesThatDifferInCaseAreDifferent() throws {
        #expect(try parse(#"{"a":1,"A":2}"#).object?.members.count == 2)
    }

    @Test func nestingIsBounded() throws {
        let limit = JSONLimits().depth
        let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
        _ = try parse(deepest)
        #expect(throws: JSONError.self) { try parse("[" + deepest + "]") }
    }

    @Test(arguments: ["[", "{\"a\":"])
    func aDepthBombIsRefusedWithoutBeingFollowed(piece: String) {
        #expect(throws: JSONError.self) { try parse(String(repeating: piece, count: 1_000_000)) }
    }

    @Test func theNumberOfValuesIsBounded() throws {
        var limits = JSONLimits()
        limits.values = 4
        _ = try parse("[true,1234567,1e9]", limits: limits)
        for value in ["true", "1234567", "1e9"] {
            let error = #expect(throws: JSONError.self) { try parse("[true,null,\"\",\(value)]", limits: limits) }
            #expect(error?.isTooMuch == true && error?.message.contains("4 values") == true)
        }
    }

    @Test func shortNumbersAreCountedApart() throws {
        var limits = JSONLimits()
        limits.values = 1
        limits.numbers = 3
        _ = try parse("[1,-2.5,123456]", limits: limits)
        let error = #expect(throws: JSONError.self) { try parse("[1,2,3,4]", limits: limits) }
        #expect(error?.isTooMuch == true && error?.message.contains("3 numbers") == true)
    }

    @Test func aLongListOfTokensIsRead() throws {
        let tokens = Array(repeating: "50256", count: 210_000).joined(separator: ",")
        #expect(try parse("{\"input\":[[\(tokens)]]}").object?["input"]?.array?.first?.array?.count == 210_000)
    }

    @Test func anAnswerMayHoldMoreValuesThanARequest() throws {
        let text = "[" + Array(repeating: "\"a\"", count: 300_000).joined(separator: ",") + "]"
        #expect(throws: JSONError.self) { try parse(text) }
        _ = try parse(text, limits: .answer(bytes: text.utf8.count))
    }

    /// Each value's place repeats the names around it: one long name would take its length as often as there are values.
    @Test(arguments: ["\"a\"", "1", "{\"a\":1}"])
    func aLongNameAroundManyValuesIsRefused(value: String) throws {
        let name = String(repeating: "n", count: 500_000)
        let values = Array(repeating: value, count: 1_000).joined(separator: ",")
        for limits in [JSONLimits(), .answer(bytes: 10 << 20)] {
            let error = #expect(throws: JSONError.self) { try parse("{\"\(name)\":[\(values)]}", limits: limits) }
            #expect(error?.isTooMuch == true && error?.message.contains("names") == true)
        }
        // The name is no more around what comes behind it.
        _ = try parse("[{\"\(name)\":1},\(values)]")
    }

    @Test func aShortTextMayNotTakeThousandsOfTimesItsLengthInPlaces() throws {
        let name = String(repeating: "/", count: 18_000)
        let members = (0..<1_800).map { "\"a\($0)\":0" }.joined(separator: ",")
        let error = #expect(throws: JSONError.self) { try parse("{\"metadata\":{\"\(name)\":{\(members)}}}") }
        #expect(error?.isTooMuch == true && error?.message.contains("names") == true)
    }

    @Test func aListOfDeepSchemasIsRead() throws {
        var schema = #"{"type":"string"}"#
        for _ in 0..<28 { schema = #"{"type":"object","properties":{"child":\#(schema)}}"# }
        _ = try parse("[" + Array(repeating: schema, count: 200).joined(separator: ",") + "]")
    }

    /// Each cell is two bytes and has a long place.
    @Test(arguments: [(60, 50), (300, 300)])
    func aTableOfDigitsThatAToolGaveIsRead(rows: Int, columns: Int) throws {
        let row = "[" + Array(repeating: "7", count: columns).joined(separator: ",") + "]"
        let table = "[" + Array(repeating: row, count: rows).joined(separator: ",") + "]"
        let part = #"{"functionResponse":{"name":"read_sheet","response":{"result":{"values":\#(table)}}}}"#
        _ = try parse(#"{"contents":[{"role":"user","parts":[\#(part)]}]}"#)
    }

    @Test func theSizeIsBounded() throws {
        var limits = JSONLimits()
        limits.bytes = 4
        _ = try parse("\"ab\"", limits: limits)
        #expect(throws: JSONError.self) { try parse("\"abc\"", limits: limits) }
    }

    @Test func theLengthOfANumberIsBounded() throws {
        _ = try parse(String(repeating: "9", count: 64))
        #expect(throws: JSONError.self) { try parse(String(repeating: "9", count: 65)) }
    }

    @Test func anErrorNamesItsPlace() {
        let error = #expect(throws: JSONError.self) { try parse("{\"a\": [1,\n  {\"b/c\": oops}]}") }
        #expect(error?.offset == 20)
        #expect(error?.line == 2)
        #expect(error?.column == 11)
        #expect(error?.pointer == "/a/1/b~1c")
    }

    @Test func everyCutOfAGoodTextIsRefused() throws {
        let text = Array(#"{"a":[1.5e3,"\ud83d\ude00é",true,null],"b":{"c":-0}}"#.utf8)
        _ = try JSONParser.parse(text)
        for end in text.indices {
            #expect(throws: JSONError.self) { try JSONParser.parse(Array(text[..<end])) }
        }
    }

    @Test func noByteInAGoodTextMakesItTrap() {
        let text = Array(#"{"a":[1.5e3,"\ud83d\ude00é",true,null],"b":{"c":-0}}"#.utf8)
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[position] = byte
                // Most are refused and some are read; what is read must be writable and readable again.
                guard let value = try? JSONParser.parse(changed) else { continue }
                #expect((try? JSONParser.parse(JSONWriter.bytes(value))) == value)
            }
        }
    }
}

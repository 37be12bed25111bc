import ChatAPI
import Testing

struct EventStreamParserTests {
    private func events(_ text: String) throws -> [ServerSentEvent] {
        var parser = EventStreamParser()
        return try parser.read(Array(text.utf8))
    }

    @Test(arguments: ["\n", "\r", "\r\n"])
    func linesEndInAnyOfThreeWays(ending: String) throws {
        let text = ["data: a", "", "event: e", "data: b", "data: c", "", ""].joined(separator: ending)
        #expect(try events(text) == [ServerSentEvent(data: "a"), ServerSentEvent(name: "e", data: "b\nc")])
    }

    @Test func oneSpaceBehindTheColonIsDropped() throws {
        #expect(try events("data:a\n\n") == [ServerSentEvent(data: "a")])
        #expect(try events("data: a\n\n") == [ServerSentEvent(data: "a")])
        #expect(try events("data:  a \n\n") == [ServerSentEvent(data: " a ")])
    }

    @Test func commentsAndUnknownFieldsAreDropped() throws {
        #expect(try events(": ping\n\nid: 1\nretry: 5\nother: x\nDATA: x\n\n").isEmpty)
        #expect(try events(": ping\ndata: a\n: ping\ndata: b\n\n") == [ServerSentEvent(data: "a\nb")])
    }

    @Test func aFieldWithoutAColonIsEmpty() throws {
        #expect(try events("data\n\n") == [ServerSentEvent(data: "")])
        #expect(try events("data\ndata\n\n") == [ServerSentEvent(data: "\n")])
    }

    @Test func aNameDoesNotReachTheNextEvent() throws {
        #expect(try events("event: e\n\ndata: a\n\n") == [ServerSentEvent(data: "a")])
    }

    @Test func onlyAByteOrderMarkAtTheStartIsDropped() throws {
        #expect(try events("\u{FEFF}data: a\n\ndata: b\n\n").map(\.data) == ["a", "b"])
        #expect(try events("data: a\n\n\u{FEFF}data: b\n\n").map(\.data) == ["a"])
    }

    @Test func anUnfinishedEventIsNone() throws {
        var parser = EventStreamParser()
        #expect(try parser.read(Array("data: a\n".utf8)).isEmpty)
        #expect(parser.isMidEvent)
        #expect(try parser.read([0x0A]) == [ServerSentEvent(data: "a")])
        #expect(!parser.isMidEvent)
    }

    @Test func aStreamCutAtAnyTwoBytesGivesTheSameEvents() throws {
        let text = Array(
            "\u{FEFF}: hi\r\ndata:{\"a\":\"é😀\"}\r\r\nevent: x\rdata: 1\ndata: 2\r\n\r\ndata\n\n\n\ndata: [DONE]\r\n\r\n"
                .utf8
        )
        var whole = EventStreamParser()
        let expected = try whole.read(text)
        #expect(expected.count == 4)
        for first in 0...text.count {
            for second in first...text.count {
                var parser = EventStreamParser()
                let events =
                    try parser.read(text[..<first]) + parser.read(text[first..<second]) + parser.read(text[second...])
                #expect(events == expected)
            }
        }
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        var parser = EventStreamParser()
        #expect(throws: EventStreamParser.Failure.notUTF8) { try parser.read(Array("data: ".utf8) + [0xFF, 0x0A]) }
    }

    @Test func aLineWithoutAnEndIsBounded() {
        var parser = EventStreamParser(limit: 16)
        #expect(throws: EventStreamParser.Failure.tooLong(limit: 16)) {
            try parser.read(Array(repeating: 0x61, count: 17))
        }
    }

    @Test func anEventWithoutAnEndIsBounded() {
        var parser = EventStreamParser(limit: 16)
        #expect(throws: EventStreamParser.Failure.tooLong(limit: 16)) {
            try parser.read(Array(String(repeating: "data: a\n", count: 20).utf8))
        }
    }

    @Test func emptyDataLinesAreBoundedToo() {
        var parser = EventStreamParser(limit: 16)
        #expect(throws: EventStreamParser.Failure.tooLong(limit: 16)) {
            try parser.read(Array(String(repeating: "data\n", count: 20).utf8))
        }
    }
}

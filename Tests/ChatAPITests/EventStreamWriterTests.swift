import ChatAPI
import Testing

struct EventStreamWriterTests {
    @Test func aValueIsOneLine() {
        let bytes = EventStreamWriter.bytes(JSONValue.object(["a": .string("x\ny\r")]))
        #expect(String(decoding: bytes, as: UTF8.self) == "data: {\"a\":\"x\\ny\\r\"}\n\n")
    }

    @Test func theEndIsOpenAIs() {
        #expect(String(decoding: EventStreamWriter.done, as: UTF8.self) == "data: [DONE]\n\n")
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let events = [
            ServerSentEvent(data: "a"), ServerSentEvent(name: "e", data: "a\n\nb\n"), ServerSentEvent(data: " a"),
            ServerSentEvent(data: ""),
        ]
        var parser = EventStreamParser()
        #expect(try parser.read(events.flatMap { EventStreamWriter.bytes($0) }) == events)
    }
}

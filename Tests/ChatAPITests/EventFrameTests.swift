import Testing

@testable import ChatAPI

@Suite struct EventFrameTests {
    private let long = JSONValue.string(String(repeating: "a", count: EventFrame.limit))

    private func take(_ members: JSONObject, in frame: inout EventFrame) {
        for member in members.members { frame.take(member) { $0.without(["said"]) } }
    }

    @Test func itHoldsWhatWasSaidLastAndMayBeSaid() {
        var frame = EventFrame()
        take(["id": .string("a"), "said": .string("b")], in: &frame)
        take(["id": .string("c"), "model": .string("m")], in: &frame)
        #expect(frame.object == ["id": .string("c"), "model": .string("m")])
    }

    @Test func whatIsLongIsLeftOutAsLongAsItIs() {
        var frame = EventFrame()
        take(["id": long, "model": .string("m")], in: &frame)
        #expect(frame.object == ["model": .string("m")])
        take(["id": .string("a"), "model": long], in: &frame)
        #expect(frame.object == ["id": .string("a")])
    }

    @Test func itIsBoundedAsAWhole() {
        var frame = EventFrame()
        for number in 0..<1_000 {
            take(["a\(number)": .string(String(repeating: "a", count: 50))], in: &frame)
        }
        let count = JSONWriter.bytes(.object(frame.object)).count
        #expect((EventFrame.limit / 2...EventFrame.limit).contains(count))
    }

    @Test func whatIsLongIsToldOnce() {
        let object: JSONObject = ["id": .string("a"), "list": long, "model": .string("m")]
        let (repeated, once) = EventFrame.divided(object)
        #expect(repeated == ["id": .string("a"), "model": .string("m")])
        #expect(once == [.init(name: "list", value: long)])
    }
}

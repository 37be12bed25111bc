import Testing

@testable import ChatAPI

@Suite struct JSONObjectMergingTests {
    private func object(members: Int) -> JSONObject {
        JSONObject((0..<members).map { .init(name: "a\($0)", value: .null) })
    }

    @Test func aMemberIsSetWhereItStandsOrPutLast() throws {
        var object: JSONObject = ["a": .null, "b": .null]
        try object.merge(.init(name: "a", value: .string("x")))
        try object.merge(.init(name: "c", value: .string("y")))
        #expect(object == ["a": .string("x"), "b": .null, "c": .string("y")])
    }

    @Test func membersAreBounded() throws {
        var full = object(members: JSONObject.mostMembers)
        #expect(full.isMergeable)
        try full.merge(.init(name: "a0", value: .bool(true)))
        let error = #expect(throws: ChatAPIError.self) { try full.merge(.init(name: "b", value: .bool(true))) }
        #expect(error?.status == 502 && error?.message.contains("1024 members") == true)
        var over = object(members: JSONObject.mostMembers + 1)
        #expect(!over.isMergeable)
        #expect(throws: ChatAPIError.self) { try over.merge(.init(name: "a0", value: .bool(true))) }
    }

    @Test func itemsAreAddedToAListUpToABound() throws {
        var object: JSONObject = ["list": .array([.bool(true)]), "text": .string("x")]
        try object.append([.null], to: "list", limit: 2)
        // What is no list becomes one.
        for name in ["text", "new"] { try object.append([.null], to: name) }
        #expect(object == ["list": .array([.bool(true), .null]), "text": .array([.null]), "new": .array([.null])])
        let error = #expect(throws: ChatAPIError.self) { try object.append([.null], to: "list", limit: 2) }
        #expect(error?.status == 502 && error?.message.contains("2 items") == true)
    }
}

import Testing

@testable import ChatAPI

@Suite struct RequestMembersTests {
    private func modelName(length: Int) throws(ChatAPIError) -> String {
        try JSONObject([.init(name: "model", value: .string(String(repeating: "m", count: length)))]).modelName()
    }

    @Test func theNameOfAModelIsBounded() throws {
        let limit = JSONObject.longestModelName
        #expect(try modelName(length: limit).utf8.count == limit)
        let error = #expect(throws: ChatAPIError.self) { try modelName(length: limit + 1) }
        #expect(error?.status == 400 && error?.parameter == "model")
        #expect(error?.message.contains("\(limit) bytes") == true)
    }
}

import ChatAPI
import Testing

struct ChatAPIErrorTests {
    @Test func theBodyHasOpenAIsShape() {
        let error = ChatAPIError.invalidRequest("Say \"hello\".", code: "c", parameter: "messages[0]")
        #expect(error.status == 400)
        let expected =
            #"{"error":{"message":"Say \"hello\".","type":"invalid_request_error","param":"messages[0]","code":"c"}}"#
        #expect(String(decoding: ErrorForm.openAI.body(of: error), as: UTF8.self) == expected)
    }

    @Test func whatIsNotSaidIsNull() {
        let error = ChatAPIError(status: 503, message: "m", type: "server_error")
        let expected = #"{"error":{"message":"m","type":"server_error","param":null,"code":null}}"#
        #expect(String(decoding: ErrorForm.openAI.body(of: error), as: UTF8.self) == expected)
    }
}

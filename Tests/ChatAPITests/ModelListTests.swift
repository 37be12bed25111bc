import ChatAPI
import Testing

struct ModelListTests {
    @Test func hasOpenAIsShape() {
        let expected =
            #"{"object":"list","data":[{"id":"m","object":"model","created":7,"owned_by":"guardian"}]}"#
        #expect(String(decoding: ModelList(models: ["m"], created: 7).serialized, as: UTF8.self) == expected)
    }
}

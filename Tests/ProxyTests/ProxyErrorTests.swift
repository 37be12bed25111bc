import NIOCore
import NIOHTTP1
import Testing
import Upstream

@testable import Proxy

@Suite struct ProxyErrorTests {
    @Test(arguments: UpstreamError.Code.allCases)
    func everyUpstreamErrorHasAStatusThatSaysWhoseFaultItIs(code: UpstreamError.Code) {
        let error = ProxyError(UpstreamError(code, detail: "a detail with an address"))
        switch code {
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .totalTimeout: #expect(error.status == 504)
        case .poolExhausted, .circuitOpen: #expect(error.status == 503)
        default: #expect(error.status == 502)
        }
        #expect(error.fault == (code == .poolExhausted ? .proxy : .upstream))
        #expect(error.code == code.rawValue)
        #expect(!error.message.contains("detail"))
    }

    @Test func anErrorReplyIsAnErrorObjectOfTheOpenAIShape() {
        let reply = ErrorReply.make(.bodyTooLarge(limit: 7))
        guard case .bytes(let body) = reply.body else {
            Issue.record("not a whole body")
            return
        }
        #expect(
            String(buffer: body)
                == #"{"error":{"message":"The body exceeds 7 bytes.","type":"invalid_request_error","code":"body_too_large"}}"#
        )
        #expect(reply.headers["content-type"] == ["application/json"])
    }

    @Test func anAnswerThatIsPackedOrTooLongIsThereAllTheSame() {
        #expect(ProxyError.encodedResponse.keepsAnswerFromInspection)
        #expect(ProxyError.responseTooLarge(limit: 7).keepsAnswerFromInspection)
        for other in [ProxyError.noUpstream, .tooMuchBuffered, .bodyTooLarge(limit: 7), .shutDown] {
            #expect(!other.keepsAnswerFromInspection)
        }
    }

    @Test func aRefusedMethodIsToldWhichOnesAreServed() {
        #expect(ErrorReply.make(.methodNotAllowed).headers.contains(name: "allow"))
    }
}

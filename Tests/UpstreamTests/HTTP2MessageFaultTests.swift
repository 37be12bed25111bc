import NIOHTTP2
import Testing

@testable import Upstream

@Suite struct HTTP2MessageFaultTests {
    @Test(
        arguments: [
            NIOHTTP2Errors.contentLengthViolated(),
            NIOHTTP2Errors.forbiddenHeaderField(name: "connection", value: "close"),
            NIOHTTP2Errors.invalidHTTP2HeaderFieldName("X-Upper"),
            NIOHTTP2Errors.trailersWithoutEndStream(streamID: 1),
            NIOHTTP2Errors.missingPseudoHeader(":status"),
        ] as [any Error]
    )
    func `what is wrong with one message is no error of the connection`(error: any Error) {
        #expect(HTTP2MessageFault.isReported(by: error))
    }

    @Test(arguments: [NIOHTTP2Errors.missingPreface(), NIOHTTP2Errors.excessiveRSTFrames()] as [any Error])
    func `what is wrong with the connection is no error of a message`(error: any Error) {
        #expect(!HTTP2MessageFault.isReported(by: error))
    }
}

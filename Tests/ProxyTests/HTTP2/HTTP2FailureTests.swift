import NIOHTTP2
import Testing

@testable import Proxy

@Suite struct HTTP2FailureTests {
    @Test func `what is wrong with one message leaves the connection, and what is wrong with more ends it`() {
        let message = HTTP2Failure(NIOHTTP2Errors.contentLengthViolated())
        #expect(message == HTTP2Failure(endsConnection: false, isProtocolError: true))
        let connection = HTTP2Failure(NIOHTTP2Errors.missingPreface())
        #expect(connection == HTTP2Failure(endsConnection: true, isProtocolError: true))
        let flood = HTTP2Failure(NIOHTTP2Errors.excessiveRSTFrames())
        #expect(flood == HTTP2Failure(endsConnection: true, isFlood: true))
    }

    @Test func `what comes for a stream that has ended is no failure`() {
        #expect(HTTP2Failure(NIOHTTP2Errors.streamClosed(streamID: 1, errorCode: .cancel)) == nil)
    }

    @Test func `what comes behind the end of a connection breaks no rule`() {
        let late = HTTP2Failure(NIOHTTP2Errors.ioOnClosedConnection())
        #expect(late == HTTP2Failure(endsConnection: true))
    }
}

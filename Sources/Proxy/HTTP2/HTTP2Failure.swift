import NIOHTTP2
import Upstream

/// What an error on an HTTP/2 connection means for it.
///
/// The frame handler reports errors of streams and of the connection in the same way; those of one message have been
/// answered with RST_STREAM, the others with GOAWAY. What is not known to concern one message only ends the connection,
/// as RFC 9113, 5.4.1 allows for any error.
struct HTTP2Failure: Equatable {
    var endsConnection: Bool
    /// The connection was ended because the client asked for more work than any use needs.
    var isFlood = false
    /// The client did something that the RFC forbids.
    var isProtocolError = false

    /// Nil for what is no failure: an event that came for a stream which has ended already.
    init?(_ error: any Error) {
        switch error {
        case is NIOHTTP2Errors.NoSuchStream, is NIOHTTP2Errors.StreamClosed:
            return nil
        case is NIOHTTP2Errors.ExcessiveRSTFrames, is NIOHTTP2Errors.ExcessiveControlFrames,
            is NIOHTTP2Errors.ExcessiveEmptyDataFrames, is NIOHTTP2Errors.ExcessiveContinuationFrames,
            is NIOHTTP2Errors.ExcessiveStreamErrors, is NIOHTTP2Errors.ExcessiveNumberOfGlitches,
            is NIOHTTP2Errors.ExcessiveOutboundFrameBuffering, is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock:
            self = HTTP2Failure(endsConnection: true, isFlood: true)
        case is NIOHTTP2Errors.IOOnClosedConnection:
            // A frame that crossed with the GOAWAY behind which nothing was left to do: the client could not know.
            self = HTTP2Failure(endsConnection: true)
        case let error where HTTP2MessageFault.isReported(by: error):
            self = HTTP2Failure(endsConnection: false, isProtocolError: true)
        case let error where error is any NIOHTTP2Error:
            self = HTTP2Failure(endsConnection: true, isProtocolError: true)
        default:
            self = HTTP2Failure(endsConnection: true)
        }
    }

    init(endsConnection: Bool, isFlood: Bool = false, isProtocolError: Bool = false) {
        self.endsConnection = endsConnection
        self.isFlood = isFlood
        self.isProtocolError = isProtocolError
    }
}

import NIOCore
import NIOEmbedded
import TLS
import Testing

@testable import Upstream

/// What becomes of a connection to a peer whose handshake does not succeed.
@Suite struct PeerProtocolTests {
    private func code(after error: TLSError) throws -> UpstreamError.Code? {
        let channel = EmbeddedChannel()
        let chosen = channel.eventLoop.makePromise(of: Void.self)
        let chooser = PeerProtocol(isAlways: false, chosen: chosen) { _, _ in }
        try channel.pipeline.syncOperations.addHandler(chooser)
        channel.pipeline.fireErrorCaught(error)
        do {
            try chooser.whenChosen.wait()
            return nil
        } catch let error as UpstreamError {
            return error.code
        }
    }

    @Test func aHandshakeThatTakesTooLongIsAConnectionThatWasNotMadeInTime() throws {
        #expect(try self.code(after: .handshakeTimedOut(after: .seconds(1))) == .connectTimeout)
    }

    @Test(arguments: [TLSError.closedDuringHandshake, .notTLS(reason: "plain"), .alertReceived("handshake failure")])
    func anyOtherErrorIsAFailureOfTLS(error: TLSError) throws {
        #expect(try self.code(after: error) == .tlsFailed)
    }
}

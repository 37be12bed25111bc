import NIOHTTP1
import Testing

@testable import Upstream

@Suite struct TurnTests {
    private func fault(_ headers: HTTPHeaders, status: HTTPResponseStatus = .ok, version: HTTPVersion = .http1_1)
        -> String?
    {
        var turn = Turn()
        return turn.accept(HTTPResponseHead(version: version, status: status, headers: headers))
    }

    @Test func wellFramedHeadsAreAccepted() {
        #expect(self.fault(["content-length": "3"]) == nil)
        #expect(self.fault(["transfer-encoding": "Chunked"]) == nil)
        #expect(self.fault([:]) == nil)
    }

    @Test func headsThatCanBeMeasuredInTwoWaysAreNot() {
        #expect(self.fault(["content-length": "3", "transfer-encoding": "chunked"]) != nil)
        #expect(self.fault(["content-length": "3", "Content-Length": "3"]) != nil)
        #expect(self.fault(["transfer-encoding": "gzip, chunked"]) != nil)
        #expect(self.fault(["transfer-encoding": "chunked", "Transfer-Encoding": "chunked"]) != nil)
        #expect(self.fault(["transfer-encoding": "chunked"], version: .http1_0) != nil)
        #expect(self.fault([:], status: .switchingProtocols) != nil)
    }

    @Test func aConnectionIsReusedOnlyIfAllWasSaidAndNobodyCloses() {
        var turn = Turn()
        _ = turn.accept(HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"]))
        #expect(!turn.isReusable)
        turn.responseEnded = true
        #expect(!turn.isReusable)
        turn.requestEnded = true
        #expect(turn.isReusable)
        _ = turn.accept(HTTPResponseHead(version: .http1_1, status: .ok, headers: ["connection": "close"]))
        #expect(!turn.isReusable)
    }
}

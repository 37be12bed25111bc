import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct HopByHopTests {
    @Test func whatOnlyAsksToBeKeptOpenListsNothing() {
        #expect(HopByHop.listed(in: ["a": "b"]) == nil)
        #expect(HopByHop.listed(in: ["Connection": "Keep-Alive"]) == nil)
        #expect(HopByHop.listed(in: ["connection": "keep-alive", "Connection": "keep-alive"]) == nil)
    }

    @Test func namesOfAllItsFieldsAreListed() {
        #expect(HopByHop.listed(in: ["connection": "keep-alive, X-A", "a": "b"]) == ["keep-alive", "x-a"])
        #expect(HopByHop.listed(in: ["connection": "keep-alive", "Connection": "X-A"]) == ["keep-alive", "x-a"])
        #expect(HopByHop.listed(in: ["connection": "close"]) == ["close"])
    }

    @Test func whatIsListedAndWhatIsOfOneConnectionDoesNotTravelOn() {
        let headers: HTTPHeaders = [
            "Connection": "keep-alive", "connection": "X-A", "x-a": "1", "Keep-Alive": "timeout=5", "TE": "trailers",
            "b": "2",
        ]
        #expect(HopByHop.strip(headers).map(\.name) == ["b"])
        #expect(HopByHop.strip(["connection": "keep-alive", "keep-alive": "x", "b": "2"]).map(\.name) == ["b"])
        #expect(HopByHop.strip(["a": "1", "b": "2"]).map(\.name) == ["a", "b"])
    }
}

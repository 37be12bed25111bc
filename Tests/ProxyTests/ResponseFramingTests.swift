import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct ResponseFramingTests {
    private func framing(
        _ status: HTTPResponseStatus,
        _ length: Int?,
        method: HTTPMethod = .GET,
        version: HTTPVersion = .http1_1
    ) -> ResponseFraming {
        ResponseFraming(method: method, version: version, status: status, length: length)
    }

    @Test func aKnownLengthIsToldAndAnUnknownOneIsChunked() {
        #expect(self.framing(.ok, 5) == .length(5))
        #expect(self.framing(.ok, nil) == .chunked)
        #expect(self.framing(.ok, nil, version: .http1_0) == .untilClose)
        #expect(self.framing(.ok, 5, version: .http1_0) == .length(5))
    }

    @Test func answersWithoutABodyHaveNone() {
        #expect(self.framing(.noContent, 5) == .none(told: nil))
        #expect(self.framing(.notModified, 5) == .none(told: 5))
        #expect(self.framing(.ok, 5, method: .HEAD) == .none(told: 5))
        #expect(self.framing(.ok, nil, method: .HEAD) == .none(told: nil))
        #expect(self.framing(.noContent, 5, method: .HEAD) == .none(told: nil))
    }
}

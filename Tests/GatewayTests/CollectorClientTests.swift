import NIOCore
import NIOHTTP1
import Testing
import Tracing

@testable import Gateway

@Suite struct CollectorClientTests {
    private func delivery(_ status: Int, retryAfter: String? = nil) -> Delivery {
        var headers: HTTPHeaders = [:]
        if let retryAfter { headers.add(name: "retry-after", value: retryAfter) }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        return CollectorClient.delivery(of: head, body: ByteBuffer())
    }

    @Test(arguments: [200, 202, 204])
    func `a good answer is a delivery`(status: Int) {
        #expect(delivery(status) == .taken(rejected: 0))
    }

    @Test(arguments: [429, 502, 503, 504])
    func `what may pass is tried again, when the collector says if it does`(status: Int) {
        #expect(delivery(status) == .postponed(after: nil))
        #expect(delivery(status, retryAfter: "7") == .postponed(after: .seconds(7)))
        for wrong in ["-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999", "86401"] {
            #expect(delivery(status, retryAfter: wrong) == .postponed(after: nil))
        }
    }

    @Test(arguments: [400, 413])
    func `what the collector cannot take is final`(status: Int) {
        #expect(delivery(status, retryAfter: "1") == .unacceptable)
    }

    @Test(arguments: [301, 401, 403, 404, 500, 501])
    func `anything else is refused, though not because of what was sent`(status: Int) {
        #expect(delivery(status, retryAfter: "1") == .refused)
    }
}

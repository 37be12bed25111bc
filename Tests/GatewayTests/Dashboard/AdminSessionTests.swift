import NIOCore
import NIOPosix
import Proxy
import Testing

@testable import Gateway

@Suite struct AdminSessionTests {
    @Test func `answers are made off the event loop, even where the proxy asks on it`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let session = AdminSession { body in
            .text("\(String(decoding: body, as: UTF8.self)) \(loop.inEventLoop ? "on" : "off") the loop")
        }
        let outcome = try await loop.flatSubmit {
            let promise = loop.makePromise(of: RequestOutcome.self)
            // As the proxy has it decided about small requests.
            _ = Task.immediate { promise.succeed(await session.request(body: ByteBuffer(string: "asked"))) }
            return promise.futureResult
        }.get()
        guard case .reply(let reply) = outcome, case .bytes(let bytes) = reply.body else {
            Issue.record("not a reply of bytes")
            return
        }
        #expect(String(buffer: bytes) == "asked off the loop")
    }
}

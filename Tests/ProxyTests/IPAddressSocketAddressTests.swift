import Listening
import NIOCore
import Testing

@testable import Proxy

@Suite struct IPAddressSocketAddressTests {
    @Test(arguments: [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::1")])
    func `a socket's address is the one of its host`(socket: String, expected: String) throws {
        let address = try #require(IPAddress(SocketAddress(ipAddress: socket, port: 1)))
        #expect(address == IPAddress(expected))
    }

    @Test func `a unix socket and no socket have none`() throws {
        #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
        #expect(IPAddress(SocketAddress?.none) == nil)
    }
}

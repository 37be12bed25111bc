import NIOCore
import Testing

@testable import Proxy

@Suite struct ClientCountsTests {
    private func address(_ text: String, port: Int = 1) throws -> ClientCounts.Address {
        try #require(ClientCounts.Address(SocketAddress(ipAddress: text, port: port)))
    }

    @Test func `connections of one address are counted together, whatever their port`() throws {
        let counts = ClientCounts()
        #expect(counts.add(try self.address("192.0.2.1", port: 1)) == 1)
        #expect(counts.add(try self.address("192.0.2.1", port: 2)) == 2)
        #expect(counts.add(try self.address("192.0.2.2")) == 1)
        counts.remove(try self.address("192.0.2.1"))
        #expect(counts.add(try self.address("192.0.2.1")) == 2)
    }

    @Test func `an IPv6 client is its network`() throws {
        let one = try self.address("2001:db8::1")
        #expect(one == (try self.address("2001:db8::ffff:1")))
        #expect(one != (try self.address("2001:db8:0:1::1")))
        #expect(try self.address("::ffff:192.0.2.1") != self.address("::ffff:192.0.2.2"))
    }

    @Test func `what is closed leaves nothing behind`() throws {
        let counts = ClientCounts()
        for _ in 0..<3 { _ = counts.add(try self.address("192.0.2.1")) }
        for _ in 0..<3 { counts.remove(try self.address("192.0.2.1")) }
        #expect(counts.addresses == 0)
    }

    @Test func `unix sockets have no address`() throws {
        #expect(ClientCounts.Address(try SocketAddress(unixDomainSocketPath: "/x")) == nil)
        #expect(ClientCounts.Address(nil) == nil)
    }
}

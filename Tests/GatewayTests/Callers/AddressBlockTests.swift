import NIOCore
import Testing

@testable import Gateway

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("127.0.0.1", "127.0.0.1", true),
        ("127.0.0.1", "127.0.0.2", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "::1", true),
        // An IPv4 address may come as one of IPv6.
        ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("::ffff:10.0.0.0", "10.0.0.0", true),
    ]) func addressesAreInTheirBlocks(block: String, address: String, isIn: Bool) throws {
        let block = try #require(AddressBlock(block))
        #expect(block.contains(try SocketAddress(ipAddress: address, port: 1)) == isIn)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8", "10.0.0",
        "::/129",
        "::1/64", "localhost", "10.0.0.0/٨",
    ]) func whatIsNoBlockIsNone(text: String) {
        #expect(AddressBlock(text) == nil)
    }

    @Test func aSocketWithoutAnAddressIsInNoBlock() throws {
        let block = try #require(AddressBlock("0.0.0.0/0"))
        #expect(try !block.contains(SocketAddress(unixDomainSocketPath: "/tmp/x")))
    }
}

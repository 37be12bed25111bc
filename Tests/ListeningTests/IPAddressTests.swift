import Testing

@testable import Listening

@Suite struct IPAddressTests {
    @Test(arguments: ["0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::7:0:1"])
    func `an address is written as it was read`(text: String) throws {
        #expect(try #require(IPAddress(text)).description == text)
    }

    @Test func `an IPv4 address in the clothes of IPv6 is the IPv4 address`() {
        #expect(IPAddress("::ffff:192.0.2.1") == IPAddress("192.0.2.1"))
        #expect(IPAddress("::ffff:192.0.2.1")?.family == .v4)
    }

    @Test func `the bytes are in network order`() {
        #expect(IPAddress(bytes: [192, 0, 2, 1]) == IPAddress("192.0.2.1"))
        #expect(IPAddress(bytes: [0x20, 1] + [UInt8](repeating: 0, count: 13) + [9]) == IPAddress("2001::9"))
        #expect(IPAddress(bytes: [1, 2, 3]) == nil)
    }

    @Test(arguments: ["", "1.2.3", "01.2.3.4", "256.0.0.1", "1.2.3.4 ", "::1%lo", ":::", "localhost", "1.2.3.4\0"])
    func `what is no address is none`(text: String) {
        #expect(IPAddress(text) == nil)
    }
}

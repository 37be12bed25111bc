import Testing

@testable import Listening

@Suite struct TrustedPeersTests {
    @Test func `only listed peers are trusted`() throws {
        let peers = TrustedPeers([try #require(IPNetwork("10.0.0.0/8"))])
        #expect(peers.contains(IPAddress("10.1.2.3")))
        #expect(!peers.contains(IPAddress("192.0.2.1")))
        #expect(!peers.contains(nil))
        #expect(!TrustedPeers().contains(IPAddress("127.0.0.1")))
        #expect(TrustedPeers(includesUnixSockets: true).contains(nil))
    }
}

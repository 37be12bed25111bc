import Listening
import NIOHTTP1
import Testing

@testable import Proxy

@Suite struct ForwardedChainTests {
    private func chain(_ addresses: String..., trusted: [String] = ["10.0.0.0/8"]) -> ForwardedChain {
        ForwardedChain(
            HTTPHeaders(addresses.map { ("X-Forwarded-For", $0) }),
            trusted: trusted.compactMap { IPNetwork($0) }
        )
    }

    @Test func theClientIsTheLastThatIsNoTrustedProxy() {
        #expect(self.chain("192.0.2.9").client == IPAddress("192.0.2.9"))
        #expect(self.chain("192.0.2.9, 10.1.1.1").client == IPAddress("192.0.2.9"))
        // What the client wrote itself stands before.
        #expect(self.chain("203.0.113.1, 192.0.2.9, 10.1.1.1, 10.1.1.2").client == IPAddress("192.0.2.9"))
        #expect(self.chain("203.0.113.1", "192.0.2.9", "10.1.1.1").client == IPAddress("192.0.2.9"))
    }

    @Test func ifAllAreTrustedItIsTheFirst() {
        #expect(self.chain("10.0.0.1, 10.0.0.2").client == IPAddress("10.0.0.1"))
    }

    @Test func portsAndBracketsAreUnderstood() {
        #expect(self.chain("192.0.2.9:4711").client == IPAddress("192.0.2.9"))
        #expect(self.chain("[2001:db8::1]:4711").client == IPAddress("2001:db8::1"))
        #expect(self.chain("2001:db8::1").client == IPAddress("2001:db8::1"))
    }

    @Test(arguments: ["", "unknown", "_hidden", "192.0.2", "10.0.0.999", "::1%eth0", "<script>"])
    func whatIsNoAddressNamesNobody(text: String) {
        #expect(self.chain(text).client == nil)
        // It does not let what stands before it through, either.
        #expect(self.chain("203.0.113.1, unknown, 10.0.0.1").client == IPAddress("10.0.0.1"))
    }

    @Test func aChainWithoutEndIsLookedAtFromItsEndOnly() {
        let long = (0..<5000).map { _ in "10.0.0.1" }.joined(separator: ",")
        #expect(self.chain("192.0.2.9, " + long).client == IPAddress("10.0.0.1"))
    }

    @Test func schemeAndHostAreTakenIfTheyAreOne() {
        func chain(_ headers: [(String, String)]) -> ForwardedChain {
            ForwardedChain(HTTPHeaders(headers), trusted: [])
        }
        #expect(chain([("x-forwarded-proto", "https")]).scheme == "https")
        #expect(chain([("x-forwarded-proto", "gopher")]).scheme == nil)
        #expect(chain([("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")]).scheme == nil)
        #expect(chain([("x-forwarded-host", "api.example:8443")]).host == "api.example:8443")
        #expect(chain([("x-forwarded-host", "a b")]).host == nil)
        #expect(chain([]).addresses == "")
    }
}

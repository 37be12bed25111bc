import Testing

@testable import Proxy

@Suite struct KnownFieldTests {
    @Test(arguments: [
        "Connection", "keep-alive", "Proxy-Connection", "PROXY-AUTHENTICATE", "proxy-authorization",
        "proxy-authentication-info", "TE", "Trailer", "transfer-encoding", "Upgrade", "HTTP2-Settings",
    ]) func theFieldsOfOneConnectionAreKnown(name: String) {
        #expect(KnownField(name)?.isHopByHop == true)
        #expect(KnownField(name)?.isForwarders == false)
    }

    @Test(arguments: [
        "Forwarded", "X-Forwarded-For", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port",
        "x-forwarded-prefix", "x-forwarded-server", "x-forwarded-ssl", "X-Real-IP", "x-request-id", "x-original-url",
        "x-rewrite-url", "X-HTTP-Method-Override", "x-http-method", "x-method-override",
    ]) func theFieldsByWhichAProxyVouchesAreKnown(name: String) {
        #expect(KnownField(name)?.isForwarders == true)
        #expect(KnownField(name)?.isHopByHop == false)
    }

    @Test(arguments: [
        "", "x", "accept", "tee", "x-forwarded-fox", String(repeating: "a", count: 300), "transfer_encoding",
    ])
    func anyOtherNameIsNone(name: String) {
        #expect(KnownField(name) == nil)
    }

    @Test func whatMayComeOnceIsKnown() {
        for name in ["Authorization", "content-type", "Content-Encoding", "expect", "accept-encoding"] {
            #expect(KnownField(name)?.isSingle == true, "\(name)")
        }
        #expect(KnownField("host")?.isSingle == false)
        #expect(KnownField("alt-svc")?.isHopByHop == false)
    }
}

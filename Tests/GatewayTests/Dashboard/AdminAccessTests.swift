import NIOCore
import NIOHTTP1
import Proxy
import TLS
import Testing

@testable import Gateway

@Suite struct AdminAccessTests {
    private func refusal(
        _ access: AdminAccess,
        from address: String = "127.0.0.1",
        hasCertificate: Bool = false,
        _ method: HTTPMethod = .GET,
        _ headers: HTTPHeaders = [:]
    ) throws -> HTTPResponseStatus? {
        var fields: HTTPHeaders = headers
        if !fields.contains(name: "host") { fields.add(name: "host", value: "localhost:9901") }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: "/api/status", headers: fields)
        var client = ClientInfo(
            address: try SocketAddress(ipAddress: address, port: 1),
            requestID: "r",
            isTLS: hasCertificate
        )
        client.hasCertificate = hasCertificate
        do throws(AdminAccess.Refusal) {
            try access.check(head, from: client)
            return nil
        } catch {
            return error.status
        }
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    func peopleOnTheHostNeedNothing(_ address: String) throws {
        #expect(try refusal(AdminAccess(), from: address) == nil)
    }

    @Test(arguments: ["192.0.2.1", "2001:db8::1", "128.0.0.1", "::ffff:192.0.2.1"])
    func othersAreToldWhatIsMissing(_ address: String) throws {
        #expect(try refusal(AdminAccess(), from: address) == .unauthorized)
    }

    @Test func aClientCertificateIsEnough() throws {
        let access = AdminAccess(tokenDigest: try sha256("let me in"), requiresCertificate: true)
        #expect(try refusal(access, from: "192.0.2.1", hasCertificate: true) == nil)
    }

    @Test(arguments: ["127.0.0.1", "192.0.2.1"])
    func whereCertificatesAreAskedForNobodyGetsInWithoutOne(_ address: String) throws {
        let access = AdminAccess(tokenDigest: try sha256("let me in"), requiresCertificate: true)
        #expect(try refusal(access, from: address) == .unauthorized)
        #expect(try refusal(access, from: address, .GET, ["authorization": "Bearer let me in"]) == .unauthorized)
    }

    @Test func withATokenEverybodyNeedsIt() throws {
        let access = AdminAccess(tokenDigest: try sha256("let me in"))
        #expect(try refusal(access) == .unauthorized)
        #expect(try refusal(access, .GET, ["authorization": "Bearer let me in"]) == nil)
        #expect(try refusal(access, from: "192.0.2.1", .GET, ["authorization": "bearer let me in"]) == nil)
        for wrong in ["Bearer let me", "Bearer", "Basic let me in", "Bearer  let me in", ""] {
            #expect(try refusal(access, .GET, ["authorization": wrong]) == .unauthorized, "\(wrong)")
        }
    }

    @Test(arguments: ["evil.example:9901", "localhost.evil.example", "127.0.0.1.evil.example", ""])
    func aNameThatSomebodyElseLetsPointHereIsNotThisHost(_ host: String) throws {
        #expect(try refusal(AdminAccess(), .GET, ["host": host]) == .forbidden)
    }

    @Test(arguments: ["localhost", "LOCALHOST:9901", "127.0.0.1:1", "[::1]:9901", "[::1]"])
    func theHostsOwnNamesAre(_ host: String) throws {
        #expect(try refusal(AdminAccess(), .GET, ["host": host]) == nil)
    }

    @Test func aPageOfAnotherSiteCannotWrite() throws {
        let json: HTTPHeaders = ["content-type": "application/json"]
        #expect(try refusal(AdminAccess(), .POST, json) == nil)
        #expect(try refusal(AdminAccess(), .POST) == .unsupportedMediaType)
        #expect(try refusal(AdminAccess(), .POST, ["content-type": "text/plain"]) == .unsupportedMediaType)
        var other = json
        other.add(name: "origin", value: "https://evil.example")
        #expect(try refusal(AdminAccess(), .POST, other) == .forbidden)
        var own = json
        own.add(name: "origin", value: "http://localhost:9901")
        #expect(try refusal(AdminAccess(), .POST, own) == nil)
    }

    private func sha256(_ text: String) throws -> String { try Digest.sha256Hex(of: Array(text.utf8)) }
}

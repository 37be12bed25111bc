import Testing

@testable import TLS

@Suite("ApplicationProtocols")
struct ApplicationProtocolsTests {
    private func select(_ own: [String], from offer: [UInt8]) throws -> String? {
        let protocols = try ApplicationProtocols(own)
        return offer.withUnsafeBufferPointer { offer in
            protocols.select(from: offer).map { String(decoding: offer[$0], as: UTF8.self) }
        }
    }

    private func wire(_ names: String...) throws -> [UInt8] {
        try ApplicationProtocols(names).wire
    }

    @Test("The wire form has each length before its name")
    func wireForm() throws {
        #expect(try self.wire("h2", "http/1.1") == [2] + Array("h2".utf8) + [8] + Array("http/1.1".utf8))
    }

    @Test("The server's order decides, not the client's")
    func serverPreference() throws {
        #expect(try self.select(["h2", "http/1.1"], from: self.wire("http/1.1", "h2")) == "h2")
    }

    @Test("Names match only whole and by case")
    func wholeNames() throws {
        #expect(try self.select(["h2"], from: self.wire("h2c", "H2", "h")) == nil)
    }

    @Test("An offer that is cut, empty or has empty names selects only what is whole")
    func hostileOffers() throws {
        #expect(try self.select(["h2"], from: []) == nil)
        #expect(try self.select(["h2"], from: [2]) == nil)
        #expect(try self.select(["h2"], from: [2, 0x68]) == nil)
        #expect(try self.select(["h2"], from: [255, 0x68, 0x32]) == nil)
        #expect(try self.select(["h2"], from: [0, 0, 0]) == nil)
        #expect(try self.select(["h2"], from: self.wire("h2") + [200]) == "h2")
    }

    @Test("Names of no or too many bytes are refused")
    func invalidNames() {
        let long = String(repeating: "a", count: 256)
        for name in ["", long] {
            #expect(throws: TLSError.invalidApplicationProtocol(name)) { try ApplicationProtocols(["h2", name]) }
        }
    }

    @Test("A list longer than its length field is refused")
    func tooManyNames() {
        let name = String(repeating: "a", count: 255)
        #expect(throws: TLSError.invalidApplicationProtocol(name)) {
            try ApplicationProtocols(Array(repeating: name, count: 256))
        }
    }
}

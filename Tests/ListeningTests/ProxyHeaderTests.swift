import Testing

@testable import Listening

/// Both versions of the header, right, cut, and hostile.
@Suite struct ProxyHeaderTests {
    private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

    private func read(_ bytes: [UInt8]) throws(ProxyHeaderError) -> (header: ProxyHeader, length: Int)? {
        let result: Result<(header: ProxyHeader, length: Int)?, ProxyHeaderError> = bytes.withUnsafeBytes { bytes in
            Result { () throws(ProxyHeaderError) in try ProxyHeader.read(bytes) }
        }
        return try result.get()
    }

    private func read(_ line: String) throws(ProxyHeaderError) -> (header: ProxyHeader, length: Int)? {
        try self.read(Array(line.utf8))
    }

    private static func client(_ address: String, _ port: UInt16) throws -> ProxyHeader {
        .client(.init(address: try #require(IPAddress(address)), port: port))
    }

    private static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
        let length = length ?? rest.count
        return self.signature + [command, family, UInt8(length >> 8), UInt8(length & 0xff)] + rest
    }

    private static let v4: [UInt8] = [192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 0x04, 0x01, 0xbb]
    private static let v6: [UInt8] =
        [0x20, 1, 0xd, 0xb8] + [UInt8](repeating: 0, count: 11) + [7] + [UInt8](repeating: 1, count: 16) + [
            0, 80, 1, 0xbb,
        ]

    // MARK: Version 1

    @Test(
        arguments: [
            ("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", "192.0.2.1", 56324),
            ("PROXY TCP6 2001:db8::7 ::1 1 65535\r\n", "2001:db8::7", 1),
            ("PROXY TCP6 ::ffff:192.0.2.1 ::1 0 0\r\n", "192.0.2.1", 0),
        ]
    )
    func `a line names the client`(line: String, address: String, port: UInt16) throws {
        let found = try #require(try self.read(line + "GET / HTTP/1.1\r\n\r\n"))
        let client = try Self.client(address, port)
        #expect(found.header == client)
        #expect(found.length == line.utf8.count)
    }

    @Test(arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f::1 anything 1 2\r\n"])
    func `a client that is unknown has no address`(line: String) throws {
        let found = try #require(try self.read(line))
        #expect(found.header == .local)
        #expect(found.length == line.utf8.count)
    }

    @Test(
        arguments: [
            "PROXY\r\n", "PROXY \r\n", "PROXY TCP4\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 \r\n", "PROXY TCP4  192.0.2.1 192.0.2.2 56324 443\r\n",
            "PROXY TCP4 2001:db8::7 ::1 1 2\r\n", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY TCP4 192.0.2.1 x 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 1\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 -1 1\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 01 1\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n", "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
            "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
            "PROXY UNKNOWN\n", "PROXY TCP4 1.2.3.4\u{0} 192.0.2.2 1 2\r\n", "PROXY UNKNOWNx\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\r\n", "PROXY TCP4 0192.0.2.1 192.0.2.2 1 2\r\n",
        ]
    )
    func `a line that is not right is refused`(line: String) {
        #expect(throws: ProxyHeaderError.self) { try self.read(line) }
    }

    @Test func `a line that does not end is refused`() throws {
        #expect(try self.read("PROXY " + String(repeating: "a", count: 100)) == nil)
        #expect(throws: ProxyHeaderError.tooLong) {
            try self.read("PROXY " + String(repeating: "a", count: 101))
        }
        // The longest that may be, to the byte.
        #expect(try self.read("PROXY UNKNOWN " + String(repeating: "a", count: 91) + "\r\n")?.length == 107)
        #expect(throws: ProxyHeaderError.tooLong) {
            try self.read("PROXY UNKNOWN " + String(repeating: "a", count: 92) + "\r\n")
        }
    }

    // MARK: Version 2

    @Test func `a binary header names the client`() throws {
        for (family, rest, client) in [
            (UInt8(0x11), Self.v4, try Self.client("192.0.2.1", 56324)),
            (0x21, Self.v6, try Self.client("2001:db8::7", 80)),
        ] {
            // A field of another kind follows the addresses, and then the client's own bytes.
            let header = Self.binary(0x21, family, rest + [0x04, 0, 3, 1, 2, 3])
            let found = try #require(try self.read(header + [0x16, 0x03]))
            #expect(found.header == client)
            #expect(found.length == header.count)
        }
    }

    @Test(arguments: [UInt8(0x00), 0x12, 0x22, 0x31, 0x32])
    func `families without an address of TCP are the socket's own`(family: UInt8) throws {
        let rest = [UInt8](repeating: 1, count: 216)
        #expect(try self.read(Self.binary(0x21, family, rest))?.header == .local)
    }

    @Test func `a connection of the proxy's own has no client`() throws {
        #expect(try self.read(Self.binary(0x20, 0x00, []))?.header == .local)
        // What follows is to be ignored, whatever it is.
        #expect(try self.read(Self.binary(0x20, 0x11, [1, 2]))?.header == .local)
    }

    @Test(
        arguments: [
            Self.binary(0x11, 0x11, Self.v4), Self.binary(0x31, 0x11, Self.v4), Self.binary(0x22, 0x11, Self.v4),
            Self.binary(0x21, 0x13, Self.v4), Self.binary(0x21, 0x41, Self.v4), Self.binary(0x21, 0x10, Self.v4),
            Self.binary(0x21, 0x11, Array(Self.v4.dropLast())), Self.binary(0x21, 0x21, Self.v4),
            Self.binary(0x21, 0x31, Self.v4), Self.binary(0x21, 0x11, Self.v4, length: 4097),
            Self.binary(0x21, 0x11, [], length: 65_535),
        ]
    )
    func `a binary header that is not right is refused`(bytes: [UInt8]) {
        #expect(throws: ProxyHeaderError.self) { try self.read(bytes) }
    }

    // MARK: Both

    @Test func `a header that is cut anywhere is waited for`() throws {
        for header in [
            Array("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n".utf8), Self.binary(0x21, 0x11, Self.v4),
            Self.binary(0x21, 0x21, Self.v6 + [4, 0, 0]),
        ] {
            for length in 0..<header.count {
                #expect(try self.read(Array(header.prefix(length))) == nil, "\(length) bytes")
            }
            #expect(try self.read(header) != nil)
        }
    }

    @Test(
        arguments: [
            "GET / HTTP/1.1\r\n", "PO", "PROXY\tTCP4", "proxy TCP4 ", "\r\n\r\n\u{0}\r\nQUIT\r", "\u{16}\u{3}\u{1}",
            "\rx", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ]
    )
    func `what begins otherwise is refused at its first wrong byte`(text: String) {
        #expect(throws: ProxyHeaderError.absent) { try self.read(text) }
    }

    @Test func `as many bytes as the longest header are never asked to wait for more`() {
        for start in [
            Self.binary(0x21, 0x11, [], length: 4096), Array("PROXY ".utf8), [UInt8](repeating: 13, count: 1),
        ] {
            let bytes = start + [UInt8](repeating: 0, count: ProxyHeader.longest - start.count)
            let answer = Result { () throws(ProxyHeaderError) in try self.read(bytes) }
            if case .success(let found) = answer { #expect(found != nil) }
        }
    }

    @Test func `random bytes behind a right beginning are read or refused`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let start = Bool.random() ? Self.signature : Array("PROXY TCP4 ".utf8)
            let rest = (0..<Int.random(in: 0...300)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            guard let found = try? self.read(start + rest) else { continue }
            #expect((1...(start.count + rest.count)).contains(found.length))
        }
    }
}

/// Version 2: a signature of 12 bytes, version and command, family and protocol, the length of the rest, the addresses, and
/// fields of further kinds (TLVs), which are skipped.
enum ProxyHeaderBinary {
    /// What no HTTP request and no TLS record begins with.
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    private static let fixed = 16

    static func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ProxyHeaderError) -> (header: ProxyHeader, length: Int)? {
        guard bytes.starts(with: self.signature) || self.signature.starts(with: bytes) else { throw .absent }
        guard bytes.count >= self.fixed else { return nil }
        let length = self.fixed + Int(bytes[14]) << 8 + Int(bytes[15])
        guard length <= ProxyHeader.longest else { throw .tooLong }
        guard bytes[12] >> 4 == 2 else { throw .malformed("its version is not 2") }
        guard bytes[12] & 0xf <= 1 else { throw .malformed("its command is neither LOCAL nor PROXY") }
        let isLocal = bytes[12] & 0xf == 0
        // Before the rest has come: a header that cannot be right is not waited for.
        let needed = try Self.addressLength(bytes[13])
        guard isLocal || length >= self.fixed + needed else { throw .malformed("it is too short for its addresses") }
        guard bytes.count >= length else { return nil }
        if isLocal { return (.local, length) }
        return (Self.client(family: bytes[13], bytes[self.fixed..<length]), length)
    }

    /// How many bytes the addresses of a family and protocol take.
    private static func addressLength(_ byte: UInt8) throws(ProxyHeaderError) -> Int {
        switch byte {
        case 0x00: 0
        case 0x11, 0x12: 12
        case 0x21, 0x22: 36
        case 0x31, 0x32: 216
        default: throw .malformed("its address family or protocol is unknown")
        }
    }

    /// Streams of IPv4 and IPv6 have a client that can be named. For the others the receiver goes by the socket (2.2).
    private static func client(family: UInt8, _ rest: Slice<UnsafeRawBufferPointer>) -> ProxyHeader {
        let width = family == 0x11 ? 4 : 16
        guard family == 0x11 || family == 0x21, let address = IPAddress(bytes: rest.prefix(width)) else {
            return .local
        }
        let port = rest.dropFirst(2 * width).prefix(2).reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
        return .client(.init(address: address, port: port))
    }
}

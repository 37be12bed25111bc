/// Version 1: `PROXY TCP4 192.0.2.1 192.0.2.2 56324 443` and CR LF.
enum ProxyHeaderLine {
    private static let start = Array("PROXY ".utf8)

    static func read(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ProxyHeaderError) -> (header: ProxyHeader, length: Int)? {
        guard bytes.starts(with: self.start) || self.start.starts(with: bytes) else { throw .absent }
        let line = bytes.prefix(ProxyHeader.longestLine)
        guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else {
            if bytes.count >= ProxyHeader.longestLine { throw .tooLong }
            return nil
        }
        guard end > line.startIndex, line[end - 1] == UInt8(ascii: "\r") else {
            throw .malformed("its line ends without a carriage return")
        }
        let content = line[self.start.count..<(end - 1)]
        return (try Self.header(content), end + 1)
    }

    /// - Parameter content: what stands between `PROXY ` and CR LF.
    private static func header(_ content: Slice<UnsafeRawBufferPointer>) throws(ProxyHeaderError) -> ProxyHeader {
        let words = content.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        // What follows UNKNOWN is to be ignored.
        if words.first == "UNKNOWN" { return .local }
        guard words.count == 5, let protocolName = words.first, ["TCP4", "TCP6"].contains(protocolName) else {
            throw .malformed("its line is not TCP4 or TCP6 with two addresses and two ports")
        }
        let isV6 = protocolName == "TCP6"
        guard let source = Self.address(words[1], isV6: isV6), Self.address(words[2], isV6: isV6) != nil else {
            throw .malformed("an address is not of the family that its line names")
        }
        guard let port = Self.port(words[3]), Self.port(words[4]) != nil else {
            throw .malformed("a port is not a number from 0 to 65535")
        }
        return .client(.init(address: source, port: port))
    }

    private static func address(_ word: String, isV6: Bool) -> IPAddress? {
        guard word.utf8.contains(UInt8(ascii: ":")) == isV6 else { return nil }
        return IPAddress(word)
    }

    /// Decimal digits without leading zeros.
    private static func port(_ word: String) -> UInt16? {
        guard word.utf8.allSatisfy({ (0x30...0x39).contains($0) }), word == "0" || word.first != "0" else { return nil }
        return UInt16(word)
    }
}

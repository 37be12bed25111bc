/// A list of ALPN protocol names, the preferred first (RFC 7301, section 3.1).
struct ApplicationProtocols: Hashable, Sendable {
    let names: [String]
    /// The list as it goes over the wire: each name with its length in one byte before it.
    let wire: [UInt8]

    init(_ names: [String]) throws(TLSError) {
        var wire: [UInt8] = []
        for name in names {
            guard let length = UInt8(exactly: name.utf8.count), length > 0, wire.count + Int(length) < 65_535 else {
                throw .invalidApplicationProtocol(name)
            }
            wire.append(length)
            wire.append(contentsOf: name.utf8)
        }
        self.names = names
        self.wire = wire
    }

    /// Finds the first of these protocols that the peer offers too.
    ///
    /// - Parameter offer: the peer's list in wire form. A length that points past the end ends the list.
    /// - Returns: where in `offer` the name stands, or nil without a common protocol.
    func select(from offer: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        let offered = Self.ranges(in: offer)
        for own in self.names {
            for range in offered where offer[range].elementsEqual(own.utf8) {
                return range
            }
        }
        return nil
    }

    private static func ranges(in offer: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var position = 0
        while position < offer.count {
            let start = position + 1
            let end = start + Int(offer[position])
            guard end > start, end <= offer.count else { break }
            ranges.append(start..<end)
            position = end
        }
        return ranges
    }
}

import NIOCore
import Synchronization

/// How many connections each client address has open, over all event loops.
///
/// One lock, taken when a connection is accepted and when it is closed. An IPv6 client counts by its /64, which is what one
/// subscriber is given; connections without an address, those of unix sockets, are not counted.
final class ClientCounts: Sendable {
    struct Address: Hashable {
        fileprivate let high: UInt64
        fileprivate let low: UInt64

        init?(_ address: SocketAddress?) {
            // Where the address stands in `sockaddr_in` and `sockaddr_in6` is the same on every system.
            switch address {
            case .v4(let address):
                self.high = 0
                self.low = withUnsafeBytes(of: address.address) { Self.number($0[4..<8]) }
            case .v6(let address):
                let high = withUnsafeBytes(of: address.address) { Self.number($0[8..<16]) }
                let low = withUnsafeBytes(of: address.address) { Self.number($0[16..<24]) }
                // ::ffff:a.b.c.d is an IPv4 client on a socket for both.
                let isMapped = high == 0 && low >> 32 == 0xffff
                self.high = high
                self.low = isMapped ? low : 0
            case .unixDomainSocket, nil:
                return nil
            }
        }

        private static func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
            bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }

    private let counts = Mutex<[Address: Int]>([:])

    /// Counts one more.
    ///
    /// - Returns: how many there are now.
    func add(_ address: Address) -> Int {
        self.counts.withLock { counts in
            let count = (counts[address] ?? 0) + 1
            counts[address] = count
            return count
        }
    }

    func remove(_ address: Address) {
        self.counts.withLock { counts in
            let count = (counts[address] ?? 1) - 1
            counts[address] = count > 0 ? count : nil
        }
    }

    /// Addresses with a connection open now.
    var addresses: Int { self.counts.withLock { $0.count } }
}

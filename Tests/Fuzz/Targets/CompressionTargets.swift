import Foundation
import Proxy

extension FuzzTarget {
    /// Unpacks the bytes as gzip. However much they claim to be, no more than the limit may come out.
    static func unpack(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let output = try? Gzip.inflate(Array(input), limit: 1 << 20) else { return false }
        precondition(output.count <= 1 << 20)
        return true
    }
}

extension FuzzSeeds {
    /// `hello` and nothing, packed by zlib.
    static let packedTexts: [Data] = [
        "H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==", "H4sIAAAAAAACAwMAAAAAAAAAAAA=",
    ].compactMap { Data(base64Encoded: $0) }
}

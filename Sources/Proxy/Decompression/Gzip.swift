/// Undoes gzip (RFC 1952), as a content coding has it: one member, nothing behind it.
package enum Gzip {
    package enum Failure: Error, Equatable {
        case malformed, tooLarge
        /// More came out of the bytes than any text that people or programs write.
        case tooDense
    }

    /// Texts compress to a tenth, JSON that repeats itself to a hundredth; DEFLATE can do a thousandth.
    static let ratio = 120
    /// Below this nothing is too dense.
    static let harmless = 256 * 1024

    /// - Parameter limit: of what may come out, in bytes.
    package static func inflate(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        guard let start = Self.start(bytes), bytes.count >= start + 8 else { throw .malformed }
        let dense = max(Self.harmless, bytes.count.multipliedReportingOverflow(by: Self.ratio).partialValue)
        let result: (output: [UInt8], consumed: Int)
        do {
            result = try Inflate.inflate(bytes[start..<(bytes.count - 8)], limit: min(limit, dense))
        } catch .tooLarge {
            throw dense < limit ? .tooDense : .tooLarge
        } catch {
            throw .malformed
        }
        let end = start + result.consumed
        // A second member, or anything else, would be read by some and not by others.
        guard end == bytes.count - 8, Self.word(bytes, end) == Self.checksum(result.output),
            Self.word(bytes, end + 4) == UInt32(truncatingIfNeeded: result.output.count)
        else { throw .malformed }
        return result.output
    }

    /// Where the compressed bytes begin.
    private static func start(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 18, bytes[0] == 0x1f, bytes[1] == 0x8b, bytes[2] == 8 else { return nil }
        let flags = bytes[3]
        // Those that the RFC reserves must be zero.
        guard flags & 0xe0 == 0 else { return nil }
        var index = 10
        if flags & 4 != 0 {
            guard index + 2 <= bytes.count else { return nil }
            index += 2 + Int(bytes[index]) + Int(bytes[index + 1]) << 8
        }
        // A name, and a comment, each with a zero behind it.
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard index < bytes.count, let end = bytes[index...].firstIndex(of: 0) else { return nil }
            index = end + 1
        }
        if flags & 2 != 0 { index += 2 }
        return index <= bytes.count ? index : nil
    }

    private static func word(_ bytes: [UInt8], _ index: Int) -> UInt32 {
        (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
    }

    /// CRC-32 (RFC 1952, 8).
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ Self.table[Int(($0 ^ UInt32($1)) & 0xff)] }
    }
}

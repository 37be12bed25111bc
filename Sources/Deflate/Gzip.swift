/// Undoes gzip (RFC 1952), as a content coding has it: one member, nothing behind it.
package enum Gzip {
    package enum Failure: Error, Equatable {
        case malformed, tooLarge
        /// More came out of the bytes than any text that people or programs write.
        case tooDense
    }

    /// Texts compress to a tenth, JSON that repeats itself to a hundredth; DEFLATE can do a thousandth.
    package static let ratio = 120
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
        var tail = BitReader(bytes[(bytes.count - 8)...])
        // A second member, or anything else, would be read by some and not by others.
        guard end == bytes.count - 8, (try? tail.word()) == Self.checksum(result.output),
            (try? tail.word()) == UInt32(truncatingIfNeeded: result.output.count)
        else { throw .malformed }
        return result.output
    }

    /// Where the compressed bytes begin.
    private static func start(_ bytes: [UInt8]) -> Int? {
        var input = BitReader(bytes[...])
        guard (try? GzipHead.pass(&input)) != nil else { return nil }
        return input.consumed
    }

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        var checksum = Checksum()
        checksum.add(bytes)
        return checksum.value
    }
}

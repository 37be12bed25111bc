/// What stands before the compressed bytes of a member (RFC 1952, 2.3).
enum GzipHead {
    /// What begins a member, and no text.
    static let magic: [UInt8] = [0x1f, 0x8b]

    /// Bytes that a name, or a comment, may have.
    private static let longest = 64 << 10

    /// Takes a head; nothing in it matters to whoever wants the text.
    ///
    /// - Throws: `malformed`, or `endsEarly` if there are too few bytes.
    static func pass(_ input: inout BitReader) throws(Inflate.Failure) {
        for expected in [0x1f, 0x8b, 8] {
            guard try input.bits(8) == expected else { throw .malformed }
        }
        let flags = try input.bits(8)
        // Those that the RFC reserves must be zero.
        guard flags & 0xe0 == 0 else { throw .malformed }
        // The time, what packed it how well, and on which system.
        for _ in 0..<3 { _ = try input.bits(16) }
        if flags & 4 != 0 { for _ in 0..<(try input.bits(16)) { _ = try input.bits(8) } }
        // A name, and a comment, each with a zero behind it.
        for flag in [8, 16] where flags & flag != 0 {
            var length = 0
            while try input.bits(8) != 0 {
                length += 1
                guard length <= Self.longest else { throw .malformed }
            }
        }
        if flags & 2 != 0 { _ = try input.bits(16) }
    }
}

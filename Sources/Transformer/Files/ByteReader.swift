/// Reads little-endian numbers from untrusted bytes; every read is checked against the end.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0, path: String) {
        self.bytes = bytes
        self.offset = offset
        self.path = path
    }

    var remaining: Int { bytes.count - offset }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type, _ what: StaticString) throws(ModelFileError) -> T {
        let size = MemoryLayout<T>.size
        guard remaining >= size else { throw truncated(what) }
        let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
        offset += size
        return T(littleEndian: value)
    }

    /// A count or an offset: a 64-bit number that must fit what an `Int` holds.
    mutating func count(_ what: StaticString) throws(ModelFileError) -> Int {
        let value = try integer(UInt64.self, what)
        guard let count = Int(exactly: value) else {
            throw ModelFileError(.malformed, "\(what) is \(value), larger than any file", path: path)
        }
        return count
    }

    mutating func bytes(_ count: Int, _ what: StaticString) throws(ModelFileError) -> UnsafeRawBufferPointer {
        guard count >= 0, remaining >= count else { throw truncated(what) }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    /// A 64-bit length and that many bytes.
    mutating func string(limit: Int, _ what: StaticString) throws(ModelFileError) -> String {
        let length = try count(what)
        guard length <= limit else {
            throw ModelFileError(.malformed, "\(what) of \(length) bytes is over the limit of \(limit)", path: path)
        }
        return String(decoding: try bytes(length, what), as: UTF8.self)
    }

    mutating func skip(_ count: Int, _ what: StaticString) throws(ModelFileError) {
        _ = try bytes(count, what)
    }

    private func truncated(_ what: StaticString) -> ModelFileError {
        ModelFileError(.truncated, "ends inside \(what) at byte \(offset) of \(bytes.count)", path: path)
    }
}

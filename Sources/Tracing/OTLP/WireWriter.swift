/// Writes the wire format of protocol buffers field by field ("Encoding", protobuf.dev), with no message objects in between:
/// a gateway writes half a dozen spans for each exchange, and their messages would cost more than what they hold.
///
/// A field is written whatever its value; what a message may leave out, its caller leaves out.
struct WireWriter {
    private(set) var bytes: [UInt8]

    init(capacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    mutating func number(_ field: UInt64, _ value: UInt64) {
        variable(field << 3)
        variable(value)
    }

    /// Little-endian, eight bytes: `fixed64` and `double`.
    mutating func fixed(_ field: UInt64, _ value: UInt64) {
        variable(field << 3 | 1)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Little-endian, four bytes: `fixed32`.
    mutating func fixed(_ field: UInt64, _ value: UInt32) {
        variable(field << 3 | 5)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ field: UInt64, _ value: String) {
        let utf8 = value.utf8
        begin(field, length: utf8.count)
        bytes.append(contentsOf: utf8)
    }

    mutating func text(_ field: UInt64, _ value: StaticString) {
        begin(field, length: value.utf8CodeUnitCount)
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Bytes, of which the numbers are the parts, the first byte first.
    mutating func bigEndian(_ field: UInt64, _ high: UInt64, _ low: UInt64? = nil) {
        begin(field, length: low == nil ? 8 : 16)
        withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
        if let low { withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) } }
    }

    /// What was written elsewhere.
    mutating func raw(_ other: [UInt8]) { bytes.append(contentsOf: other) }

    /// A message within this one, which `body` writes.
    mutating func message(_ field: UInt64, _ body: (inout WireWriter) -> Void) {
        let start = open(field)
        body(&self)
        close(start)
    }

    /// Begins a message within this one: what is written until `close` is in it.
    ///
    /// - Returns: what `close` wants to know.
    mutating func open(_ field: UInt64) -> Int {
        variable(field << 3 | 2)
        // Most are short: room for one byte of length is kept, and the few that need more are moved.
        bytes.append(0)
        return bytes.count - 1
    }

    mutating func close(_ start: Int) {
        let length = UInt64(bytes.count - start - 1)
        guard length >= 0x80 else { return bytes[start] = UInt8(length) }
        var rest = length
        bytes[start] = UInt8(rest & 0x7F) | 0x80
        rest >>= 7
        var place = start + 1
        while rest >= 0x80 {
            bytes.insert(UInt8(rest & 0x7F) | 0x80, at: place)
            place += 1
            rest >>= 7
        }
        bytes.insert(UInt8(rest), at: place)
    }

    /// The tag and length of a field that holds so many bytes, which are to follow.
    mutating func begin(_ field: UInt64, length: Int) {
        variable(field << 3 | 2)
        variable(UInt64(length))
    }

    /// How many bytes `begin` writes.
    static func beginning(_ field: UInt64, length: Int) -> Int {
        var writer = WireWriter(capacity: 20)
        writer.begin(field, length: length)
        return writer.bytes.count
    }

    private mutating func variable(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Writes the wire format of protocol buffers field by field ("Encoding", protobuf.dev), with no message objects in between:
/// a gateway writes half a dozen spans for each exchange, and their messages would cost more than what they hold.
///
/// A field is written whatever its value; what a message may leave out, its caller leaves out. Room is made once for a field,
/// and its bytes are then put down one after the other: an array asks for each of them whether it is shared and whether it is
/// full, which costs more than the byte.
struct WireWriter: @unchecked Sendable {
    // Written to only while nobody else has it; a copy of the writer that is written to gets a memory of its own.
    private var memory: WireMemory
    private(set) var count = 0

    init(capacity: Int = 0) { memory = WireMemory(capacity: capacity) }

    var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            buffer.baseAddress?.initialize(from: memory.start, count: count)
            filled = count
        }
    }

    mutating func number(_ field: UInt64, _ value: UInt64) {
        reserve(2 * Self.longest)
        put(variable: field << 3)
        put(variable: value)
    }

    /// Little-endian, eight bytes: `fixed64` and `double`.
    mutating func fixed(_ field: UInt64, _ value: UInt64) {
        reserve(Self.longest + 8)
        put(variable: field << 3 | 1)
        put(value.littleEndian)
    }

    /// Little-endian, four bytes: `fixed32`.
    mutating func fixed(_ field: UInt64, _ value: UInt32) {
        reserve(Self.longest + 4)
        put(variable: field << 3 | 5)
        put(value.littleEndian)
    }

    mutating func text(_ field: UInt64, _ value: String) {
        begin(field, length: value.utf8.count)
        raw(value)
    }

    mutating func text(_ field: UInt64, _ value: StaticString) {
        begin(field, length: value.utf8CodeUnitCount)
        raw(value)
    }

    /// Bytes, of which the numbers are the parts, the first byte first.
    mutating func bigEndian(_ field: UInt64, _ high: UInt64, _ low: UInt64? = nil) {
        reserve(2 * Self.longest + 16)
        put(variable: field << 3 | 2)
        put(variable: low == nil ? 8 : 16)
        put(high.bigEndian)
        if let low { put(low.bigEndian) }
    }

    /// What was written elsewhere.
    mutating func raw(_ other: [UInt8]) {
        other.withUnsafeBufferPointer { put($0) }
    }

    mutating func raw(_ other: WireWriter) {
        put(UnsafeBufferPointer(start: other.memory.start, count: other.count))
    }

    mutating func raw(_ text: String) {
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { put($0) }
        if isDone == nil { raw(Array(text.utf8)) }
    }

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { put($0) }
    }

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
        reserve(Self.longest + 1)
        put(variable: field << 3 | 2)
        // Most are short: room for one byte of length is kept, and the few that need more are moved.
        put(0 as UInt8)
        return count - 1
    }

    mutating func close(_ start: Int) {
        let length = count - start - 1
        let width = Self.width(UInt64(length))
        reserve(width)
        if width > 1 {
            (memory.start + start + width).update(from: memory.start + start + 1, count: length)
        }
        count = start
        put(variable: UInt64(length))
        count += length
    }

    /// The tag and length of a field that holds so many bytes, which are to follow; there is room for them then.
    mutating func begin(_ field: UInt64, length: Int) {
        reserve(2 * Self.longest + length)
        put(variable: field << 3 | 2)
        put(variable: UInt64(length))
    }

    /// How many bytes `begin` writes.
    static func beginning(_ field: UInt64, length: Int) -> Int { width(field << 3 | 2) + width(UInt64(length)) }

    // MARK: Bytes

    /// Of a number of any size.
    private static let longest = 10

    /// Bytes that a number takes, seven bits in each.
    static func width(_ value: UInt64) -> Int { (70 - (value | 1).leadingZeroBitCount) / 7 }

    private mutating func reserve(_ more: Int) {
        if count + more > memory.capacity || !isKnownUniquelyReferenced(&memory) {
            memory = WireMemory(capacity: max(count + more, 2 * count), memory, count: count)
        }
    }

    // There is room for what these put down: whoever calls them has reserved it.

    private mutating func put(variable value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func put<Number: FixedWidthInteger>(_ number: Number) {
        UnsafeMutableRawPointer(memory.start + count).storeBytes(of: number, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    private mutating func put(_ other: UnsafeBufferPointer<UInt8>) {
        guard let start = other.baseAddress else { return }
        reserve(other.count)
        (memory.start + count).update(from: start, count: other.count)
        count += other.count
    }
}

/// Bytes of which nobody knows yet how many there will be.
private final class WireMemory {
    let capacity: Int
    let start: UnsafeMutablePointer<UInt8>

    init(capacity: Int) {
        self.capacity = capacity
        start = UnsafeMutablePointer.allocate(capacity: max(1, capacity))
    }

    /// The same with more room.
    convenience init(capacity: Int, _ other: WireMemory, count: Int) {
        self.init(capacity: capacity)
        start.update(from: other.start, count: count)
    }

    deinit { start.deallocate() }
}

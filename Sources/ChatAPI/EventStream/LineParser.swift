/// Cuts a stream into its lines, for one JSON value a line. Empty lines are none.
struct LineParser: Sendable {
    private let limit: Int
    private var line: [UInt8] = []

    /// - Parameter limit: bytes of a line.
    init(limit: Int) { self.limit = limit }

    /// - Returns: the lines that the chunk finishes. What the stream ends in the middle of is not a line.
    mutating func read(_ chunk: some Sequence<UInt8>) throws(EventStreamParser.Failure) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in chunk {
            if byte == 0x0A {
                if line.last == 0x0D { line.removeLast() }
                if !line.isEmpty { lines.append(line) }
                line.removeAll(keepingCapacity: true)
            } else {
                guard line.count < limit else { throw .tooLong(limit: limit) }
                line.append(byte)
            }
        }
        return lines
    }
}

/// Reads the lines of a file one after the other, plain or in gzip. The file may be of any size; one line and a block are in
/// memory.
package struct LogLines: ~Copyable {
    package struct Line {
        /// Without its line feed.
        package var bytes: [UInt8]
        /// From 1.
        package var number: Int
        /// Whether a line feed ends it; only the last of a file may have none.
        package var isEnded: Bool
    }

    private var text: LogText
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0
    /// Lines that were read.
    package private(set) var passed = 0
    private var isAtEnd = false

    /// The file that is read: it may be the compressed form of the one that was named.
    package var path: String { text.path }

    /// - Parameter limit: a line of more bytes comes in pieces, which no reader knows.
    /// - Throws: `AuditFileError`.
    package init(path: String, limit: Int = LogEnd.lineLimit) throws(AuditFileError) {
        text = try LogText(path: path)
        self.limit = limit
    }

    /// The next line; nil at the end.
    package mutating func next() throws(AuditFileError) -> Line? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return line(buffer[start..<end], isEnded: true)
            }
            if isAtEnd || buffer.count - start > limit {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return line(buffer[start...], isEnded: false)
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            if let piece = try text.next() { buffer += piece } else { isAtEnd = true }
        }
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>, isEnded: Bool) -> Line {
        passed += 1
        return Line(bytes: Array(bytes), number: passed, isEnded: isEnded)
    }
}

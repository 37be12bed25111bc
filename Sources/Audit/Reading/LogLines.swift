#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Reads the lines of a file one after the other. The file may be of any size; one line and a block are in memory.
struct LogLines: ~Copyable {
    struct Line {
        /// Without its line feed.
        var bytes: [UInt8]
        /// From 1.
        var number: Int
        /// Whether a line feed ends it; only the last of a file may have none.
        var isEnded: Bool
    }

    private static let block = 1 << 18

    let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isAtEnd = false

    /// - Throws: `AuditFileError`.
    init(path: String) throws(AuditFileError) {
        self.path = path
        descriptor = openForReading(path)
        guard descriptor >= 0 else { throw AuditFileError(.log, path: path, code: errno) }
    }

    deinit { _ = closeDescriptor(descriptor) }

    /// The next line; nil at the end. A line longer than `LogEnd.lineLimit` comes in pieces: no reader knows it.
    mutating func next() throws(AuditFileError) -> Line? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return line(buffer[start..<end], isEnded: true)
            }
            if isAtEnd || buffer.count - start > LogEnd.lineLimit {
                guard start < buffer.count else { return nil }
                defer { start = buffer.count }
                return line(buffer[start...], isEnded: false)
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            try fill()
        }
    }

    private mutating func line(_ bytes: ArraySlice<UInt8>, isEnded: Bool) -> Line {
        number += 1
        return Line(bytes: Array(bytes), number: number, isEnded: isEnded)
    }

    private mutating func fill() throws(AuditFileError) {
        var count = -1
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.block) { block in
            repeat { count = read(descriptor, block.baseAddress, block.count) } while count < 0 && errno == EINTR
            if count > 0 { buffer.append(contentsOf: UnsafeMutableBufferPointer(rebasing: block[..<count])) }
        }
        guard count >= 0 else { throw AuditFileError(.log, path: path, code: errno) }
        isAtEnd = count == 0
    }
}

private func openForReading(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC) }

/// Files of one log, ordered by the number of their first line, whatever the order they were named in.
func orderedByFirstLine(_ paths: [String]) throws(AuditFileError) -> [String] {
    var keyed: [(first: UInt64, path: String)] = []
    for path in paths {
        var lines = try LogLines(path: path)
        let first = try lines.next().flatMap { ChainLink.read($0.bytes)?.link.sequence }
        // What has no number goes first: the break that it is shows at once. An empty file breaks nothing.
        keyed.append((first ?? 0, path))
    }
    return keyed.enumerated()
        .sorted { ($0.element.first, $0.offset) < ($1.element.first, $1.offset) }
        .map(\.element.path)
}

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The end of a log file that was written before: where its last line is, and whether it is whole.
struct LogEnd {
    /// Bytes read at a time.
    private static let block = 1 << 16
    /// A line that is longer is not looked at: nothing here writes one.
    static let lineLimit = 1 << 28

    let descriptor: Int32
    let path: String

    /// Moves what stands behind the last line feed into a file of its own. A process that is killed while it writes leaves
    /// such a piece.
    ///
    /// - Returns: the name of that file and the number of bytes; nil and 0 if the last line is whole.
    func moveTornLineAside(length: Int) throws(AuditFileError) -> (file: String?, bytes: Int) {
        let start = startOfLine(endingAt: length)
        guard start < length else { return (nil, 0) }
        let bytes = read(start..<length)
        let name = RotatedFiles(path: path).aside("torn", at: .now())
        let aside = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard aside >= 0 else { throw AuditFileError(.file, path: name, code: errno) }
        let written = writeAll(bytes, to: aside)
        _ = fsync(aside)
        _ = closeDescriptor(aside)
        guard written == length - start, ftruncate(descriptor, off_t(start)) == 0 else {
            throw AuditFileError(.file, path: path, code: errno)
        }
        return (RotatedFiles.lastPart(of: name), length - start)
    }

    /// The link of the last line; nil if it has none or its hash is not that of its bytes.
    ///
    /// - Parameter length: of the file, which ends in a line feed.
    func lastLink(length: Int, hash: AuditHash) -> ChainLink? {
        let line = read(startOfLine(endingAt: length - 1)..<(length - 1))
        guard let (link, sealable) = ChainLink.read(line), (try? hash(sealable)) == link.hash else { return nil }
        return link
    }

    /// The link of a file's last line, whether the file is plain or compressed; nil as above, or if it cannot be read.
    static func lastLink(ofFile path: String, hash: AuditHash) -> ChainLink? {
        if let text = try? LogText(path: path), text.isCompressed { return lastLink(ofCompressed: path, hash: hash) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = closeDescriptor(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else { return nil }
        return LogEnd(descriptor: descriptor, path: path).lastLink(length: Int(status.st_size), hash: hash)
    }

    /// All of it has to be read.
    private static func lastLink(ofCompressed path: String, hash: AuditHash) -> ChainLink? {
        guard var lines = try? LogLines(path: path) else { return nil }
        var last: LogLines.Line?
        do throws(AuditFileError) {
            while let line = try lines.next() { last = line }
        } catch {
            return nil
        }
        guard let last, last.isEnded, let (link, sealable) = ChainLink.read(last.bytes),
            (try? hash(sealable)) == link.hash
        else { return nil }
        return link
    }

    /// The time of the first line, if it is one of ours.
    var firstTime: AuditTime? {
        let text = String(decoding: read(0..<256), as: UTF8.self)
        let marker = #""time":""#
        guard let start = text.firstRange(of: marker) else { return nil }
        return AuditTime(rfc3339: String(text[start.upperBound...].prefix { $0 != "\"" }))
    }

    /// Where the line begins whose bytes end before `end`.
    private func startOfLine(endingAt end: Int) -> Int {
        var upper = end
        while upper > 0, end - upper < Self.lineLimit {
            let lower = max(0, upper - Self.block)
            let bytes = read(lower..<upper)
            guard bytes.count == upper - lower else { return 0 }
            if let index = bytes.lastIndex(of: UInt8(ascii: "\n")) { return lower + index + 1 }
            upper = lower
        }
        return upper
    }

    /// The bytes of a range, fewer where the file ends or cannot be read.
    private func read(_ range: Range<Int>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(
                    descriptor,
                    $0.baseAddress?.advanced(by: filled),
                    range.count - filled,
                    off_t(range.lowerBound + filled)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            filled += count
        }
        return Array(bytes.prefix(filled))
    }
}

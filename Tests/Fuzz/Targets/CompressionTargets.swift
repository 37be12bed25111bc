import Deflate
import Foundation

extension FuzzTarget {
    /// Unpacks the bytes as gzip. However much they claim to be, no more than the limit may come out.
    static func unpack(_ input: UnsafeRawBufferPointer) -> Bool {
        let bytes = Array(input)
        let pieces = read(bytes, by: 5)
        guard let output = try? Gzip.inflate(bytes, limit: 1 << 20) else { return pieces != nil }
        precondition(output.count <= 1 << 20)
        precondition(pieces == output, "piece by piece it is another text")
        return true
    }

    /// Packs the bytes, and wants them back.
    static func pack(_ input: UnsafeRawBufferPointer) -> Bool {
        let text = Array(input)
        var writer = GzipWriter()
        let packed = writer.write(text[..<(text.count / 3)]) + writer.write(text[(text.count / 3)...]) + writer.finish()
        precondition(read(packed, by: 1 << 16) == text, "another text comes out")
        return true
    }

    /// What is read so many bytes at a time, up to a megabyte of it; nil if it is no gzip.
    private static func read(_ bytes: [UInt8], by count: Int) -> [UInt8]? {
        var reader = GzipReader()
        var text: [UInt8] = []
        var rest = bytes[...]
        do {
            while true {
                while text.count <= 1 << 20, let piece = try reader.next() { text += piece }
                guard text.count <= 1 << 20 else { return text }
                if rest.isEmpty {
                    reader.end()
                    guard let piece = try reader.next() else { return text }
                    text += piece
                } else {
                    reader.feed(Array(rest.prefix(count)))
                    rest = rest.dropFirst(count)
                }
            }
        } catch {
            return nil
        }
    }
}

extension FuzzSeeds {
    /// `hello` and nothing, packed by zlib.
    static let packedTexts: [Data] = [
        "H4sIAAAAAAACA8tIzcnJBwCGphA2BQAAAA==", "H4sIAAAAAAACAwMAAAAAAAAAAAA=",
    ].compactMap { Data(base64Encoded: $0) }
}

/// A long text in pieces that a model's prompt has room for: each overlaps the one before it, none is left out.
enum TextWindows {
    /// - Parameters:
    ///   - bytes: of a piece, at most; at least 64.
    ///   - overlap: bytes that are read again; less than a half of a piece.
    static func of(_ text: String, bytes: Int, overlap: Int) -> [String] {
        let all = Array(text.utf8)
        guard all.count > bytes else { return [text] }
        var windows: [String] = []
        var start = 0
        while true {
            let end = boundary(min(start + bytes, all.count), in: all, after: start)
            windows.append(String(decoding: all[start..<end], as: UTF8.self))
            guard end < all.count else { return windows }
            start = boundary(end - overlap, in: all, after: start)
        }
    }

    /// The last bytes of a text, so many at most, from where a scalar begins.
    static func end(of text: String, bytes: Int) -> String {
        let end = text.utf8.suffix(bytes).drop { $0 & 0xC0 == 0x80 }
        return String(decoding: end, as: UTF8.self)
    }

    /// The place, or the one before it where a scalar begins.
    private static func boundary(_ place: Int, in bytes: [UInt8], after start: Int) -> Int {
        var place = place
        while place < bytes.count, place > start + 1, bytes[place] & 0xC0 == 0x80 { place -= 1 }
        return place
    }
}

/// Decodes tokens one by one into pieces of text that never end inside a character.
package struct StreamDecoder: Sendable {
    private let tokenizer: Tokenizer
    /// At most three bytes: the start of a character whose rest is still to come.
    private var held: [UInt8] = []

    package init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// The text that is complete with this token; may be empty.
    package mutating func append(_ id: Int32) -> String {
        held += tokenizer.bytes(of: id)
        let complete = held.count - Self.unfinishedTail(held)
        defer { held.removeFirst(complete) }
        return String(decoding: held[..<complete], as: UTF8.self)
    }

    /// What is left when no token follows: nothing, or U+FFFD for a character that was never finished.
    package mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// Bytes at the end that could still become a character.
    private static func unfinishedTail(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let byte = bytes[bytes.count - length]
            if byte & 0xc0 == 0x80 { continue }
            let needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
            return needed > length ? length : 0
        }
        return 0
    }
}

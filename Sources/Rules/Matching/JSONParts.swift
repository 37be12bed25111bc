/// The parts of a text that is JSON (RFC 8259), one after the other: what may be replaced in it, and what makes JSON of it.
///
/// It is told by what the parts are, not by how they are put together: a text that only looks like JSON is edited as if it were,
/// and no less of it is replaced.
struct JSONParts {
    enum Kind {
        /// A bracket, comma, colon or quotation mark, or white space.
        case structure
        /// A byte of a string, or a whole escape.
        case character
        /// A number, `true`, `false` or `null`.
        case literal
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    private let text: [UInt8]
    private var position = 0
    private var depth = 0
    private var isInString = false

    /// - Returns: nil if the text begins with neither an object nor a list. More may follow behind it, as in lines of JSON.
    init?(_ text: [UInt8]) {
        guard let first = text.first(where: { !Self.isSpace($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        self.text = text
    }

    /// Whether everything was read, and was JSON.
    var isWhole: Bool { position == text.count && depth == 0 && !isInString }

    /// - Returns: nil at the end, and in front of what is no JSON.
    mutating func next() -> (kind: Kind, range: Range<Int>)? {
        guard position < text.count else { return nil }
        let start = position
        guard let (kind, end) = isInString ? character(at: start) : value(at: start) else { return nil }
        position = end
        return (kind, start..<end)
    }

    private mutating func character(at start: Int) -> (kind: Kind, end: Int)? {
        switch text[start] {
        case Self.quote:
            isInString = false
            return (.structure, start + 1)
        case Self.backslash:
            guard let (_, end) = JSONEscapes.escape(text, start) else { return nil }
            return (.character, end)
        default: return (.character, start + 1)
        }
    }

    private mutating func value(at start: Int) -> (kind: Kind, end: Int)? {
        let byte = text[start]
        if Self.isSpace(byte) { return (.structure, start + 1) }
        if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
            depth += 1
            return (.structure, start + 1)
        }
        guard depth > 0 else { return nil }
        switch byte {
        case UInt8(ascii: "}"), UInt8(ascii: "]"):
            depth -= 1
            return (.structure, start + 1)
        case UInt8(ascii: ","), UInt8(ascii: ":"): return (.structure, start + 1)
        case Self.quote:
            isInString = true
            return (.structure, start + 1)
        default:
            let end = text[start...].firstIndex { !Self.isOfLiteral($0) } ?? text.count
            return Self.isLiteral(text[start..<end]) ? (.literal, end) : nil
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isOfLiteral(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || "+-.".utf8.contains(byte)
    }

    private static func isLiteral(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let first = bytes.first else { return false }
        guard isDigit(first) || first == UInt8(ascii: "-") else {
            return ["true", "false", "null"].contains { bytes.elementsEqual($0.utf8) }
        }
        return bytes.allSatisfy { isDigit($0) || "+-.eE".utf8.contains($0) }
    }
}

extension JSONParts {
    /// The escapes that places lie within, by place; none if the text is no JSON.
    static func escapes(around places: [Int], in text: [UInt8]) -> [Int: Range<Int>] {
        guard var parts = JSONParts(text), text.contains(backslash) else { return [:] }
        let places = places.sorted()
        var found: [Int: Range<Int>] = [:]
        var index = 0
        while let part = parts.next() {
            while index < places.count, places[index] < part.range.upperBound {
                if places[index] > part.range.lowerBound, part.kind == .character { found[places[index]] = part.range }
                index += 1
            }
        }
        return parts.isWhole ? found : [:]
    }
}

/// Writes one JSON object (RFC 8259) as one line, keys in the order they are given.
///
/// The standard encoder sorts keys or leaves their order open, and needs Foundation; a log wants the keys that people
/// look for first at the front, and always in the same place.
struct JSONLine {
    private(set) var bytes: [UInt8] = []
    /// Whether a comma is due before the next member or element.
    private var needsComma = false

    init() { bytes.reserveCapacity(1536) }

    mutating func object(_ body: (inout JSONLine) -> Void) { container(open: "{", close: "}", body) }

    mutating func array(_ body: (inout JSONLine) -> Void) { container(open: "[", close: "]", body) }

    /// A member's name, in plain ASCII without quotes or reverse solidi; the value must follow.
    mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The same where the name is known only when it is written.
    mutating func key(naming name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ value: String) {
        separate()
        quote(value)
    }

    mutating func integer(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// A number with at most `digits` decimals (up to 9), rounded half away from zero. JSON has no word for what is not
    /// finite: it becomes null.
    mutating func decimal(_ value: Double, digits: Int) {
        separate()
        var scale = 1.0
        for _ in 0..<min(max(digits, 0), 9) { scale *= 10 }
        let scaled = (value * scale).rounded()
        guard scaled.isFinite, abs(scaled) < 9e15 else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        fixed(Int64(scaled), scale: Int64(scale))
    }

    mutating func boolean(_ value: Bool) {
        separate()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    private mutating func container(open: Unicode.Scalar, close: Unicode.Scalar, _ body: (inout JSONLine) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func fixed(_ scaled: Int64, scale: Int64) {
        var (whole, fraction) = scaled.magnitude.quotientAndRemainder(dividingBy: scale.magnitude)
        if scaled < 0 { bytes.append(UInt8(ascii: "-")) }
        bytes.append(contentsOf: String(whole).utf8)
        guard fraction > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        var weight = scale.magnitude
        while fraction > 0 {
            weight /= 10
            (whole, fraction) = fraction.quotientAndRemainder(dividingBy: weight)
            bytes.append(UInt8(ascii: "0") + UInt8(whole))
        }
    }

    /// RFC 8259 section 7: quote, reverse solidus and U+0000 to U+001F must be escaped. U+007F, U+2028 and U+2029 are
    /// escaped too: some viewers take them for control characters or line ends, and a record is one line.
    private mutating func quote(_ value: String) {
        bytes.append(UInt8(ascii: "\""))
        defer { bytes.append(UInt8(ascii: "\"")) }
        // Nearly all of it is names and numbers of our own.
        let isPlain = value.utf8.withContiguousStorageIfAvailable { text in
            for byte in text where byte < 0x20 || byte >= 0x7f || byte == 0x22 || byte == 0x5c { return false }
            bytes.append(contentsOf: text)
            return true
        }
        if isPlain == true { return }
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                bytes.append(contentsOf: "\\u".utf8)
                for _ in hex.utf8.count..<4 { bytes.append(UInt8(ascii: "0")) }
                bytes.append(contentsOf: hex.utf8)
            default:
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}

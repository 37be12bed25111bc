/// How much JSON is read. The numbers bound the memory that a hostile body can make the gateway use.
package struct JSONLimits: Sendable, Equatable {
    /// Bytes of the text.
    package var bytes = 10 << 20
    /// Arrays and objects inside each other: `[[[[...` must not become a stack overflow.
    package var depth = 64
    /// Values of the whole text, but for short numbers: each takes far more memory than its bytes.
    package var values = 200_000
    /// Numbers that are too short to tell anything: a list of tokens holds many.
    package var numbers = 2_000_000
    /// Bytes of the places of all values together: a text is known by all the names around it, and these have no limit.
    package var places = 64 << 20

    /// What of `places` a text may take for each of its bytes, and however short it is: a long name around many values must not make
    /// thousands of bytes of one that was counted. Schemas and trees of 25 levels take about 30, tables of digits in what a tool gave
    /// about 85.
    static let placesPerByte = 128
    static let leastPlaces = 1 << 20

    package init() {}

    /// - Parameter bytes: of the text.
    package init(bytes: Int) { self.bytes = bytes }

    /// Of an answer: one that tells how likely each token was, and what might have stood there, holds a hundred values a token.
    ///
    /// - Parameter bytes: of the text.
    package static func answer(bytes: Int) -> JSONLimits {
        var limits = JSONLimits(bytes: bytes)
        limits.values = 1_000_000
        limits.places = 256 << 20
        return limits
    }

    /// The same for all events of a stream together, which say again what they have in common. A long answer in short events holds a
    /// value in nine bytes, and places of a few bytes for each.
    var ofEvents: JSONLimits {
        var limits = self
        limits.values = max(values, bytes / 8)
        limits.numbers = max(numbers, bytes / 8)
        limits.places = max(places, 16 * bytes)
        return limits
    }
}

/// How much texts that are read under the same limits took of them.
struct JSONUse: Sendable {
    var bytes = 0
    var values = 0
    var numbers = 0
    var places = 0
}

/// A strict reader of RFC 8259.
///
/// Two parsers that read the same bytes differently are a hole: the guard would judge one text and the LLM would get
/// another. So everything that parsers are known to disagree about is refused: names given twice, bytes that are not
/// UTF-8, lone surrogates, a byte order mark, NaN, comments, trailing commas, anything behind the value.
package struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private let mostPlaces: Int
    private var use: JSONUse
    private var position = 0
    /// Bytes of the place of the value that is read, at the most.
    private var placeLength = 0
    private var path: [PathStep] = []

    private enum PathStep {
        case name(String)
        case index(Int)
    }

    /// - Throws: `JSONError` for the first thing that is wrong.
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        var use = JSONUse()
        return try parse(bytes, limits: limits, use: &use)
    }

    /// Reads one of several texts that the limits hold for together; that on the length holds for each.
    ///
    /// - Parameter use: what the texts before took. What this one takes is added.
    static func parse(
        _ bytes: [UInt8],
        limits: JSONLimits,
        use: inout JSONUse
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, limits: limits, use: use)
        guard bytes.count <= limits.bytes else { throw parser.error("the text has more than \(limits.bytes) bytes") }
        parser.skipSpace()
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("unexpected text behind the value") }
        use = parser.use
        return value
    }

    private init(bytes: [UInt8], limits: JSONLimits, use: JSONUse) {
        self.bytes = bytes
        self.limits = limits
        self.use = use
        self.use.bytes += bytes.count
        mostPlaces = min(limits.places, JSONLimits.leastPlaces + JSONLimits.placesPerByte * self.use.bytes)
    }

    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        use.places += placeLength
        guard use.places <= mostPlaces else {
            throw error("the names around the values are too long", isTooMuch: true)
        }
        // Which of the counts a number adds to is known behind it.
        if !startsNumber { try countValue() }
        switch current {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case nil: throw error("the text ends where a value was expected")
        default:
            guard startsNumber else { throw error("a value was expected") }
            return try number()
        }
    }

    private var startsNumber: Bool { current.map { $0 == UInt8(ascii: "-") || Self.digits.contains($0) } ?? false }

    private mutating func countValue() throws(JSONError) {
        use.values += 1
        guard use.values <= limits.values else {
            throw error("the text has more than \(limits.values) values", isTooMuch: true)
        }
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw error("a value was expected") }
        position += word.utf8.count
        return value
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var members: [JSONObject.Member] = []
        var names: Set<String> = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject())
        }
        while true {
            guard current == UInt8(ascii: "\"") else { throw error("a name in double quotes was expected") }
            let start = position
            let name = try string()
            guard isNew(name, among: members, &names) else {
                position = start
                throw error("the name \(Self.quoted(name)) is given twice")
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw error("':' was expected") }
            position += 1
            skipSpace()
            path.append(.name(name))
            // Each `~` and `/` of it takes two bytes of a place, and that of the name itself has a suffix.
            let length = 2 * name.utf8.count + 6
            placeLength += length
            members.append(JSONObject.Member(name: name, value: try value()))
            placeLength -= length
            path.removeLast()
            if try leave(with: UInt8(ascii: "}"), name: "}") { return .object(JSONObject(members)) }
        }
    }

    /// Members of an object that are looked through one by one: a table of so few costs more than it saves.
    private static let few = 16

    /// - Parameter names: of `members`, once they are many.
    private func isNew(_ name: String, among members: [JSONObject.Member], _ names: inout Set<String>) -> Bool {
        guard members.count > Self.few else { return !members.contains { $0.name == name } }
        if names.isEmpty { names = Set(members.map(\.name)) }
        return names.insert(name).inserted
    }

    /// Bytes that an index adds to a place: a slash and seven digits.
    private static let indexLength = 8

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var items: [JSONValue] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            path.append(.index(items.count))
            placeLength += Self.indexLength
            items.append(try value())
            placeLength -= Self.indexLength
            path.removeLast()
            if try leave(with: UInt8(ascii: "]"), name: "]") { return .array(items) }
        }
    }

    private mutating func enter() throws(JSONError) {
        guard path.count < limits.depth else { throw error("more than \(limits.depth) levels inside each other") }
        position += 1
    }

    /// Reads what follows an item: true at the closing bracket, false after a comma.
    private mutating func leave(with closing: UInt8, name: Character) throws(JSONError) -> Bool {
        skipSpace()
        switch current {
        case closing:
            position += 1
            return true
        case UInt8(ascii: ","):
            position += 1
            skipSpace()
            return false
        case nil: throw error("the text ends before '\(name)'")
        default: throw error("',' or '\(name)' was expected")
        }
    }

    /// The most characters of a number without an exponent that has too few digits to tell anything.
    private static let shortNumber = 6

    private mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        var hasExponent = false
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try digits()
        }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            hasExponent = true
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        // Nobody writes such a number, and readers differ in what they make of it.
        guard position - start <= 64 else { throw error("a number of more than 64 characters") }
        if hasExponent || position - start > Self.shortNumber {
            try countValue()
        } else {
            use.numbers += 1
            guard use.numbers <= limits.numbers else {
                throw error("the text has more than \(limits.numbers) numbers", isTooMuch: true)
            }
        }
        return .number(String(decoding: bytes[start..<position], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, Self.digits.contains(byte) { position += 1 }
        guard position > start else { throw error("a digit was expected") }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        var plainStart = position
        var text: [UInt8] = []
        var all: UInt8 = 0
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let isASCII = all < 0x80
                let string: String?
                if text.isEmpty {
                    string = Self.string(bytes[plainStart..<position], isASCII: isASCII)
                } else {
                    text += bytes[plainStart..<position]
                    string = Self.string(text[...], isASCII: isASCII)
                }
                guard let string else { throw error("a string that is not UTF-8") }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                text += bytes[plainStart..<position]
                position += 1
                text += try String(escape()).utf8
                plainStart = position
            case 0..<0x20:
                throw error("a control character inside a string: it must be escaped")
            default:
                all |= byte
                position += 1
            }
        }
        throw error("the text ends inside a string")
    }

    /// nil for what is not UTF-8.
    ///
    /// - Parameter isASCII: whether the bytes are known to be valid, but for what escapes wrote, which is valid too. What
    ///   checks them is generic, and most strings are names that take less time than it does to begin.
    private static func string(_ bytes: ArraySlice<UInt8>, isASCII: Bool) -> String? {
        isASCII ? String(decoding: bytes, as: UTF8.self) : String(validating: bytes, as: UTF8.self)
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        defer { position += 1 }
        switch current {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            guard unit < 0xDC00, position + 2 < bytes.count, bytes[position + 1] == UInt8(ascii: "\\"),
                bytes[position + 2] == UInt8(ascii: "u")
            else { throw error("half a surrogate pair") }
            position += 2
            let low = try codeUnit()
            guard (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00))
            else { throw error("half a surrogate pair") }
            return scalar
        default: throw error("an unknown escape in a string")
        }
    }

    /// Reads the four digits behind `\u`; ends on the last of them.
    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        guard position + 4 < bytes.count else { throw error("the text ends inside a string") }
        var unit: UInt16 = 0
        for offset in 1...4 {
            guard let digit = Character(Unicode.Scalar(bytes[position + offset])).hexDigitValue else {
                throw error("four hexadecimal digits were expected behind \\u")
            }
            unit = unit << 4 | UInt16(digit)
        }
        position += 4
        return unit
    }

    /// - Parameter isTooMuch: whether it is no mistake in the text, but more than is read.
    private func error(_ message: String, isTooMuch: Bool = false) -> JSONError {
        let read = bytes.prefix(position)
        let lineStart = (read.lastIndex(of: 0x0A) ?? -1) + 1
        let pointer = path.map { step in
            switch step {
            case .name(let name): "/" + JSONPointer.escaped(name)
            case .index(let index): "/\(index)"
            }
        }
        return JSONError(
            message: message,
            offset: position,
            line: read.count { $0 == 0x0A } + 1,
            column: position - lineStart + 1,
            pointer: String(pointer.joined().prefix(200)),
            isTooMuch: isTooMuch
        )
    }

    private static func quoted(_ name: String) -> String {
        "'" + String(name.prefix(40).map { $0.isNewline ? " " : $0 }) + "'"
    }
}

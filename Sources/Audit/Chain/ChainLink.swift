/// A line's place in the chain, as its last member tells it.
///
/// Every line ends in `,"chain":{"seq":N,"prev":"H","hash":"H"}}` and a line feed, in just these bytes: N is a decimal
/// number, H 64 lower-case hexadecimal digits. `hash` is the SHA-256 of the line's bytes up to the comma before
/// `"hash"`, and so covers `prev`, the hash of the line before.
package struct ChainLink: Sendable, Equatable {
    /// 1 for the first line of a chain, then one more each line.
    package var sequence: UInt64
    /// The hash of the line before; 64 zeros for the first.
    package var previous: String
    /// The line's own.
    package var hash: String

    package init(sequence: UInt64, previous: String, hash: String) {
        self.sequence = sequence
        self.previous = previous
        self.hash = hash
    }

    /// What stands in for the hash of a line before the first.
    package static let origin = String(repeating: "0", count: hashDigits)

    /// Whether a chain begins with the line.
    var isFirst: Bool { sequence == 1 && previous == Self.origin }

    static let hashDigits = 64

    private static let before = Array(#","chain":{"seq":"#.utf8)
    private static let between = Array(#","prev":""#.utf8)
    private static let seal = Array(#"","hash":""#.utf8)
    private static let end = Array(#""}}"#.utf8)

    /// The bytes that a line's hash is taken over: the record without its last brace, then the link up to the hash.
    static func sealable(_ body: [UInt8], sequence: UInt64, previous: String) -> [UInt8] {
        var line = body
        line.reserveCapacity(body.count + 256)
        line += before
        line += String(sequence).utf8
        line += between
        line += previous.utf8
        line.append(UInt8(ascii: "\""))
        return line
    }

    /// The whole line, its line feed included.
    static func line(_ sealable: [UInt8], hash: String) -> [UInt8] {
        var line = sealable
        line.removeLast()
        line += seal
        line += hash.utf8
        line += end
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// Reads the link of a line.
    ///
    /// - Parameter line: without its line feed.
    /// - Returns: the link, and the bytes that its hash is taken over; nil if the line does not end in a link.
    package static func read(_ line: some BidirectionalCollection<UInt8>) -> (link: ChainLink, sealable: [UInt8])? {
        var rest = Array(line)[...]
        guard take(end, from: &rest), let hash = takeHash(from: &rest), take(seal, from: &rest) else { return nil }
        let sealable = Array(rest) + [UInt8(ascii: "\"")]
        guard let previous = takeHash(from: &rest), take(between, from: &rest) else { return nil }
        var digits: [UInt8] = []
        while let byte = rest.last, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), digits.count < 20 {
            digits.append(byte)
            rest.removeLast()
        }
        guard take(before, from: &rest), digits.count == 1 || digits.last != UInt8(ascii: "0"),
            let sequence = UInt64(String(decoding: digits.reversed(), as: UTF8.self))
        else { return nil }
        return (ChainLink(sequence: sequence, previous: previous, hash: hash), sealable)
    }

    private static func take(_ suffix: [UInt8], from rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.count >= suffix.count, rest.suffix(suffix.count).elementsEqual(suffix) else { return false }
        rest.removeLast(suffix.count)
        return true
    }

    private static func takeHash(from rest: inout ArraySlice<UInt8>) -> String? {
        let digits = rest.suffix(hashDigits)
        guard digits.count == hashDigits, digits.allSatisfy(isHexadecimal) else { return nil }
        rest.removeLast(hashDigits)
        return String(decoding: digits, as: UTF8.self)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

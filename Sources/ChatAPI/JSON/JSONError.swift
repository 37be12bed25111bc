/// Why bytes are not the JSON that Guardian accepts, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String
    /// Bytes before the place.
    package var offset: Int
    /// From 1.
    package var line: Int
    /// From 1, in bytes.
    package var column: Int
    /// The value that was being read, as a JSON Pointer (RFC 6901); empty for the whole text.
    package var pointer: String
    /// Whether the text may well be JSON, and holds more than is read.
    package var isTooMuch: Bool

    /// What is wrong, behind a name for the text.
    package var verdict: String { (isTooMuch ? "holds too much" : "is not valid JSON") + ": \(self)" }

    package var description: String {
        let place = pointer.isEmpty ? "" : " (in \(pointer))"
        return "\(message) at line \(line), column \(column)\(place)"
    }
}

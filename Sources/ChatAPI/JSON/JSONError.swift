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

    package var description: String {
        let place = pointer.isEmpty ? "" : " (in \(pointer))"
        return "\(message) at line \(line), column \(column)\(place)"
    }
}

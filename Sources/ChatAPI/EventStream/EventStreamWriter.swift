/// Writes `text/event-stream`.
package enum EventStreamWriter {
    /// The end of a stream in OpenAI's dialect.
    package static let done = bytes(ServerSentEvent(data: "[DONE]"))

    /// A comment, which readers drop.
    package static let comment = Array(": held\n\n".utf8)

    package static func bytes(_ event: ServerSentEvent) -> [UInt8] {
        var output = ""
        if !event.name.isEmpty { output += "event: \(event.name)\n" }
        for line in event.data.split(separator: "\n", omittingEmptySubsequences: false) {
            output += "data: \(line)\n"
        }
        return Array((output + "\n").utf8)
    }

    package static func bytes(_ value: JSONValue) -> [UInt8] {
        Array("data: ".utf8) + JSONWriter.bytes(value) + [0x0A, 0x0A]
    }
}

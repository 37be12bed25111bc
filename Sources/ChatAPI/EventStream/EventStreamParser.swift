/// One event of a stream of server-sent events.
package struct ServerSentEvent: Sendable, Equatable {
    /// The `event` field; empty where there was none.
    package var name: String
    /// The `data` lines, joined by newlines.
    package var data: String

    package init(name: String = "", data: String) {
        self.name = name
        self.data = data
    }
}

/// Reads `text/event-stream` (WHATWG HTML, 9.2.6) from chunks that are cut anywhere.
///
/// Lines end in LF, CR or CR LF; a field's value loses one leading space; comments and unknown fields are dropped; an
/// event without data is none. What the stream ends in the middle of is not an event, as the standard says.
package struct EventStreamParser {
    /// Why a stream was given up.
    package enum Failure: Error, Sendable, Equatable {
        /// A line or an event's data is longer than the limit: nothing bounded could hold it.
        case tooLong(limit: Int)
        /// A line is not UTF-8.
        case notUTF8
    }

    private let limit: Int
    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    private var dataLength = 0
    private var endsInCR = false
    private var isFirstLine = true

    /// - Parameter limit: bytes of a line, and of one event's data.
    package init(limit: Int = 4 << 20) { self.limit = limit }

    /// Whether bytes were read that belong to no finished event.
    package var isMidEvent: Bool { !line.isEmpty || !data.isEmpty }

    /// - Returns: the events that the chunk finishes.
    package mutating func read(_ chunk: some Sequence<UInt8>) throws(Failure) -> [ServerSentEvent] {
        var events: [ServerSentEvent] = []
        for byte in chunk {
            if endsInCR {
                endsInCR = false
                if byte == 0x0A { continue }
            }
            switch byte {
            case 0x0A, 0x0D:
                endsInCR = byte == 0x0D
                if let event = try endLine() { events.append(event) }
            default:
                guard line.count < limit else { throw .tooLong(limit: limit) }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() throws(Failure) -> ServerSentEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
        }
        if line.isEmpty { return endEvent() }
        guard let text = String(validating: line, as: UTF8.self) else { throw .notUTF8 }
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
        let field = text[..<(colon ?? text.endIndex)]
        var value = colon.map { text[text.utf8.index(after: $0)...] } ?? ""
        if value.utf8.first == UInt8(ascii: " ") { value = value[value.utf8.index(after: value.startIndex)...] }
        switch field {
        case "data":
            dataLength += value.utf8.count + 1
            guard dataLength <= limit else { throw .tooLong(limit: limit) }
            data.append(String(value))
        case "event": name = String(value)
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> ServerSentEvent? {
        defer {
            name = ""
            data = []
            dataLength = 0
        }
        return data.isEmpty ? nil : ServerSentEvent(name: name, data: data.joined(separator: "\n"))
    }
}

/// Reads the events of a streamed answer as JSON objects, however the stream was cut.
struct EventReader: Sendable {
    /// How a stream is divided into events.
    enum Framing: Sendable {
        /// `text/event-stream`; the data of each event is an object. `[DONE]` ends it.
        case serverSentEvents
        /// One object a line.
        case lines
    }

    /// Of all events together: the answer may keep what each of them says.
    private let limits: JSONLimits
    private var use = JSONUse()
    private let framing: Framing
    private var events: EventStreamParser
    private var lines: LineParser
    /// Whether the stream said `[DONE]`.
    private(set) var isDone = false

    init(_ framing: Framing, limits: JSONLimits = JSONLimits()) {
        self.limits = limits.ofEvents
        self.framing = framing
        events = EventStreamParser(limit: limits.bytes)
        lines = LineParser(limit: limits.bytes)
    }

    /// - Returns: the objects that the chunk finishes.
    /// - Throws: `ChatAPIError` with status 502.
    mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) -> [JSONObject] {
        var objects: [JSONObject] = []
        for text in try texts(chunk) {
            if framing == .serverSentEvents, text.elementsEqual("[DONE]".utf8) {
                isDone = true
                continue
            }
            guard !isDone else { throw .badAnswer("its event stream goes on behind its end") }
            let value: JSONValue
            do throws(JSONError) {
                value = try JSONParser.parse(text, limits: limits, use: &use)
            } catch {
                throw .badAnswer(error.isTooMuch ? "its events hold too much: \(error)" : "an event \(error.verdict)")
            }
            guard let object = value.object else { throw .badAnswer("an event is \(value.kind) and not an object") }
            objects.append(object)
        }
        return objects
    }

    private mutating func texts(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) -> [[UInt8]] {
        do throws(EventStreamParser.Failure) {
            switch framing {
            case .serverSentEvents: return try events.read(chunk).map { Array($0.data.utf8) }
            case .lines: return try lines.read(chunk)
            }
        } catch .tooLong(let limit) {
            throw .answerTooLarge(limit: limit)
        } catch {
            throw .badAnswer("its event stream cannot be read (\(error))")
        }
    }
}

import ChatAPI
import Foundation
import GuardCore

extension FuzzTarget {
    /// A stream of server-sent events. However it is cut, the same events come out, and written again they are the same.
    static func readEvents(_ input: UnsafeRawBufferPointer) -> Bool {
        let whole = EventTrial.read(input, pieces: input.count)
        for pieces in [1, 1 + (input.first.map(Int.init) ?? 0) % 61] {
            precondition(EventTrial.read(input, pieces: pieces) == whole, "what is read depends on how it is cut")
        }
        guard let whole, !whole.isEmpty else { return false }
        let written = whole.flatMap(EventStreamWriter.bytes)
        precondition(written.withUnsafeBytes { EventTrial.read($0, pieces: 7) } == whole, "written otherwise than read")
        return true
    }

    /// A request: the first byte says in which dialect. It is refused as the caller's fault, or read, sent on as it was read,
    /// edited, and answered.
    static func readRequest(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let (dialect, body) = DialectTrial.divide(input) else { return false }
        let request: any DialectRequest
        do throws(ChatAPIError) {
            request = try dialect.request(parsing: body)
        } catch {
            precondition((400..<500).contains(error.status), "the caller's fault is called somebody else's")
            precondition(!error.message.isEmpty, "refused without a word")
            return false
        }
        DialectTrial.sendOn(request, dialect)
        DialectTrial.answer(request, dialect)
        return true
    }

    /// A whole answer: the first byte says in which dialect.
    static func readAnswer(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let (dialect, body) = DialectTrial.divide(input) else { return false }
        let answer: any DialectAnswer
        do throws(ChatAPIError) {
            answer = try dialect.answer(parsing: body)
        } catch {
            precondition(error.status == 502, "the upstream's fault is called somebody else's")
            return false
        }
        DialectTrial.passOn(answer, dialect)
        return true
    }

    /// A streamed answer: the first byte says in which dialect, the second how it is cut.
    static func readStream(_ input: UnsafeRawBufferPointer) -> Bool {
        guard let (dialect, rest) = DialectTrial.divide(input), dialect.answersInWords, let cut = rest.first else {
            return false
        }
        return StreamTrial(dialect, rest.dropFirst(), cut: Int(cut)).run()
    }
}

private enum EventTrial {
    /// Short, so that the limit is met.
    static let limit = 2048

    /// - Returns: nil if the stream was refused.
    static func read(_ input: UnsafeRawBufferPointer, pieces: Int) -> [ServerSentEvent]? {
        var parser = EventStreamParser(limit: limit)
        var events: [ServerSentEvent] = []
        for start in stride(from: 0, to: input.count, by: max(1, pieces)) {
            guard let some = try? parser.read(input[start..<min(start + pieces, input.count)]) else { return nil }
            events += some
        }
        return events
    }
}

/// What must hold of any body of a dialect that is read.
enum DialectTrial {
    static let dialects: [any Dialect] = Endpoint.guardedPaths.compactMap { path in
        let path = path.replacingOccurrences(of: "{model}", with: "m")
        guard case .guarded(let dialect) = Endpoint(method: "POST", path: path) else { return nil }
        return dialect
    }

    static func divide(_ input: UnsafeRawBufferPointer) -> (any Dialect, [UInt8])? {
        guard let first = input.first else { return nil }
        return (dialects[Int(first) % dialects.count], Array(input.dropFirst()))
    }

    private static let edit = "zqx"
    private static let identity = ReplyIdentity(requestID: "r1", created: 1_700_000_000)

    private static func replacements(_ segments: [TextSegment]) -> [String: String] {
        Dictionary(segments.map { ($0.path, edit) }) { $1 }
    }

    /// What was read is what is sent, and every text that was read can be edited out.
    static func sendOn(_ request: any DialectRequest, _ dialect: any Dialect) {
        guard let again = try? dialect.request(parsing: request.serialized) else {
            preconditionFailure("what is sent on is not what was read")
        }
        precondition(again.segments == request.segments, "other texts are sent on than were read")
        precondition(again.serialized == request.serialized, "it is written otherwise the second time")
        // Some edits make a request that its dialect refuses.
        guard let edited = try? request.editing(replacements: replacements(request.segments), steering: []) else {
            return
        }
        for segment in edited.segments { precondition(segment.text.hasPrefix(edit), "a text was not edited") }
    }

    /// Answers of our own say what they are to say.
    static func answer(_ request: any DialectRequest, _ dialect: any Dialect) {
        guard dialect.answersInWords else { return }
        guard let whole = try? dialect.answer(parsing: request.reply("I stop.", as: identity)) else {
            preconditionFailure("our own answer cannot be read")
        }
        precondition(words(whole) == ["I stop."], "our own answer says something else")
        var stream = request.replyStream(as: identity)
        let bytes = stream.piece("I", of: 0) + stream.piece(" stop.", of: 0) + stream.filtered(saying: [])
        var back = dialect.stream()
        guard (try? back.read(bytes)) != nil, back.isComplete else {
            preconditionFailure("our own stream cannot be read")
        }
        precondition(words(back.answer) == ["I stop."], "our own stream says something else")
    }

    private static func words(_ answer: any DialectAnswer) -> [String] {
        answer.segments.filter { $0.kind == .words }.map(\.text)
    }

    static func passOn(_ answer: any DialectAnswer, _ dialect: any Dialect) {
        guard let again = try? dialect.answer(parsing: answer.serialized) else {
            preconditionFailure("what is passed on is not what was read")
        }
        precondition(again.segments == answer.segments, "other texts are passed on than were read")
        let edited = answer.editing(replacements: replacements(answer.segments))
        for segment in edited.segments { precondition(segment.text.hasPrefix(edit), "a text was not edited") }
    }
}

/// A streamed answer, read whole and in pieces, passed on and stopped.
private struct StreamTrial {
    private let dialect: any Dialect
    private let bytes: ArraySlice<UInt8>
    private let piece: Int

    init(_ dialect: any Dialect, _ bytes: ArraySlice<UInt8>, cut: Int) {
        self.dialect = dialect
        self.bytes = bytes
        // A long stream in single bytes would be most of the time that there is.
        piece = max(1 + cut, bytes.count / 100)
    }

    /// - Returns: whether the stream can be read.
    func run() -> Bool {
        var whole = dialect.stream()
        let isRead: Bool
        do throws(ChatAPIError) {
            try whole.read(bytes)
            isRead = true
        } catch {
            precondition(error.status == 502, "the upstream's fault is called somebody else's")
            isRead = false
        }
        var flow = Flow(dialect.stream())
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: piece) {
            guard flow.take(bytes[start..<min(start + piece, bytes.endIndex)]) else {
                precondition(!isRead, "whether it can be read depends on how it is cut")
                // What has gone out is ended well, wherever it broke.
                stop(flow)
                return false
            }
        }
        precondition(isRead, "whether it can be read depends on how it is cut")
        precondition(flow.stream.answer.body == whole.answer.body, "what is read depends on how it is cut")
        precondition(flow.stream.isComplete == whole.isComplete, "whether it has ended depends on how it is cut")
        stop(flow)
        if whole.isComplete { end(flow) }
        return true
    }

    /// What the policy withholds is not in what the caller gets: only the pieces are, and what is said in their stead.
    private func stop(_ flow: Flow) {
        // As long as nothing has gone out, a whole answer of our own takes its place.
        guard !flow.sent.isEmpty else { return }
        var flow = flow
        let output = flow.output + flow.stream.filtered(saying: ["I", " stop."])
        var back = dialect.stream()
        guard (try? back.read(output)) != nil, back.isComplete else {
            preconditionFailure("a stream that was stopped cannot be read")
        }
        var said = false
        for segment in back.answer.segments {
            let rest = segment.text.hasSuffix("I stop.") ? String(segment.text.dropLast(7)) : segment.text
            said = said || rest != segment.text
            let isKnown = rest.isEmpty || flow.sent.values.contains { $0 == rest || $0 == segment.text }
            precondition(isKnown, "what was withheld has gone out")
        }
        precondition(said, "what stands in place of the answer is not there")
    }

    /// The pieces and the rest are what was read.
    private func end(_ flow: Flow) {
        var flow = flow
        let answer = flow.stream.answer
        let output = flow.output + flow.stream.rest(of: answer, texts: flow.sent.mapValues { _ in "" })
        var back = dialect.stream()
        guard (try? back.read(output)) != nil else { preconditionFailure("what is passed on cannot be read") }
        precondition(back.isComplete, "what is passed on has no end")
        let texts = Set(answer.segments.map(\.text))
        for segment in back.answer.segments {
            precondition(texts.contains(segment.text), "something is passed on that was not read")
        }
        for (number, text) in flow.sent {
            precondition(back.texts.contains { $0.text.hasPrefix(text) }, "text \(number) is lost")
        }
    }
}

/// A stream of which each text goes out as it comes.
private struct Flow {
    private(set) var sent: [Int: String] = [:]
    private(set) var output: [UInt8] = []
    var stream: any DialectStream

    init(_ stream: any DialectStream) { self.stream = stream }

    /// - Returns: whether the stream can still be read.
    mutating func take(_ chunk: ArraySlice<UInt8>) -> Bool {
        guard (try? stream.read(chunk)) != nil else { return false }
        guard stream.mayBegin else { return true }
        for text in stream.texts {
            let old = sent[text.number, default: ""]
            precondition(text.text.utf8.starts(with: old.utf8), "what has gone out is not what was read")
            let new = String(decoding: text.text.utf8.dropFirst(old.utf8.count), as: UTF8.self)
            if !new.isEmpty {
                output += stream.piece(new, of: text.number)
                sent[text.number] = text.text
            }
            if stream.isSequential, !text.isWhole { break }
        }
        return true
    }
}

extension FuzzSeeds {
    static let events = [
        "data: a\n\nevent: e\ndata: b\ndata:c\n\n",
        "\u{FEFF}: hi\r\ndata\r\rid: 1\r\nretry: 5\r\ndata:  \u{e9} \r\n\r\n",
        "data: {\"a\":1}\n\ndata: [DONE]\n\n",
    ].map { Data($0.utf8) }

    /// The bodies that the end-to-end tests put words into, each behind the number of its dialect.
    private static func bodies(_ member: String) throws -> [(number: Int, body: Data)] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../EndToEnd/fields").standardizedFileURL
        return try DialectTrial.dialects.enumerated().compactMap { number, dialect in
            let content = try Data(contentsOf: folder.appendingPathComponent("\(dialect.name).json"))
            let file = try JSONParser.parse(Array(content))
            // What is not answered in words has no answer there.
            guard let body = file.object?[member], !body.isNull else { return nil }
            return (number, Data(JSONWriter.bytes(body)))
        }
    }

    static func requests() throws -> [Data] {
        try bodies("request").map { Data([UInt8($0.number)]) + $0.body }
    }

    static func answers() throws -> [Data] {
        try bodies("answer").map { Data([UInt8($0.number)]) + $0.body }
    }

    /// The same answers as their dialects stream them.
    static func streams() throws -> [Data] {
        try bodies("answer").flatMap { number, body -> [Data] in
            let dialect = DialectTrial.dialects[number]
            guard dialect.answersInWords else { return [] }
            let answer = try dialect.answer(parsing: Array(body))
            var stream = dialect.stream()
            let bytes = stream.rest(of: answer, texts: [:])
            return [Data([UInt8(number), 255]) + bytes, Data([UInt8(number), 10]) + bytes]
        }
    }
}

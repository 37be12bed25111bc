/// Writes the events of a streamed message, and knows how far it has come.
struct MessageEventWriter: Sendable {
    private(set) var hasStarted = false
    private var hasEnded = false
    /// The block that is open.
    private(set) var openBlock: Int?
    /// The block that is opened next.
    private(set) var next = 0
    /// Blocks that were opened.
    private(set) var begun: Set<Int> = []

    static func event(_ object: JSONObject) -> [UInt8] {
        EventStreamWriter.bytes(
            ServerSentEvent(
                name: object["type"]?.string ?? "",
                data: String(decoding: JSONWriter.bytes(.object(object)), as: UTF8.self)
            )
        )
    }

    /// The first event, once.
    mutating func start(_ message: JSONObject) -> [UInt8] {
        guard !hasStarted else { return [] }
        hasStarted = true
        var message = message.without(["events"])
        message["content"] = .array([])
        message["stop_reason"] = .null
        message["stop_sequence"] = .null
        return Self.event(["type": .string("message_start"), "message": .object(message)])
    }

    /// Opens a block, if it is not open, with everything in it that comes by deltas taken out.
    mutating func open(_ index: Int, as block: JSONObject) -> [UInt8] {
        guard openBlock != index else { return [] }
        openBlock = index
        next = index + 1
        begun.insert(index)
        var empty = block.without(["deltas"])
        if let member = MessageAssembler.flowing(block) { empty[member] = .string("") }
        if empty["signature"] != nil { empty["signature"] = .string("") }
        if empty["input"] != nil { empty["input"] = .object(JSONObject()) }
        // Whatever stands there comes at the end, if it is a list.
        if !(empty["citations"] ?? .null).isNull { empty["citations"] = .array([]) }
        return Self.event([
            "type": .string("content_block_start"), "index": .number(String(index)), "content_block": .object(empty),
        ])
    }

    /// A piece of the open block's text.
    func text(_ text: String, of block: JSONObject) -> [UInt8] {
        guard !text.isEmpty else { return [] }
        let member = MessageAssembler.flowing(block) ?? "text"
        return delta(["type": .string("\(member)_delta"), member: .string(text)])
    }

    /// Closes the open block.
    mutating func close() -> [UInt8] {
        guard let index = openBlock else { return [] }
        openBlock = nil
        return Self.event(["type": .string("content_block_stop"), "index": .number(String(index))])
    }

    /// Writes all blocks before `end` that are not out, and what is left of the open one.
    ///
    /// - Parameter texts: what is left of texts that went out in part, or were judged in parts.
    mutating func finish(before end: Int, of blocks: [JSONObject], texts: [Int: String]? = nil) -> [UInt8] {
        var bytes: [UInt8] = []
        if let index = openBlock, index < end {
            // Without texts, what there was of the open block's has gone out.
            if index < blocks.count { bytes += content(of: blocks[index], text: texts.map { $0[index] ?? "" } ?? "") }
            bytes += close()
        }
        while next < min(end, blocks.count) {
            let (index, block) = (next, blocks[next])
            bytes += open(index, as: block)
            let text = MessageAssembler.flowing(block).flatMap { block[$0]?.string } ?? ""
            bytes += content(of: block, text: texts?[index] ?? text)
            bytes += close()
        }
        return bytes
    }

    /// The deltas of the open block: its text, and what else is in it.
    private func content(of block: JSONObject, text: String) -> [UInt8] {
        var bytes = TextPieces.of(text).flatMap { self.text($0, of: block) }
        switch block["input"] ?? .null {
        case .null: break
        case .string(let cut): bytes += delta(["type": .string("input_json_delta"), "partial_json": .string(cut)])
        case let input:
            let json = String(decoding: JSONWriter.bytes(input), as: UTF8.self)
            bytes += delta(["type": .string("input_json_delta"), "partial_json": .string(json)])
        }
        for citation in block["citations"]?.array ?? [] {
            bytes += delta(["type": .string("citations_delta"), "citation": citation])
        }
        if let signature = block["signature"], signature != .string("") {
            bytes += delta(["type": .string("signature_delta"), "signature": signature])
        }
        for own in (block["deltas"]?.array ?? []).compactMap(\.object) { bytes += delta(own) }
        return bytes
    }

    private func delta(_ delta: JSONObject) -> [UInt8] {
        Self.event([
            "type": .string("content_block_delta"), "index": .number(String(openBlock ?? 0)), "delta": .object(delta),
        ])
    }

    /// The last two events, once.
    ///
    /// - Parameter others: what stands beside the delta and the counts.
    mutating func end(_ delta: JSONObject, usage: JSONValue?, others: [JSONObject.Member] = []) -> [UInt8] {
        guard !hasEnded else { return [] }
        hasEnded = true
        let counts: JSONObject = ["output_tokens": .number("0")]
        let end: JSONObject = [
            "type": .string("message_delta"), "delta": .object(delta), "usage": usage ?? .object(counts),
        ]
        return Self.event(JSONObject(end.members + others)) + Self.event(["type": .string("message_stop")])
    }
}

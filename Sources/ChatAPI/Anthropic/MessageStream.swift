/// A streamed message: its blocks go out one after the other. Texts and thoughts flow; from the first block of another
/// kind on, everything waits until it is whole.
package struct MessageStream: DialectStream {
    /// Why a message ended that was withheld, or a part of it.
    static let filteredReason = "refusal"

    private var assembler: MessageAssembler
    private var writer = MessageEventWriter()

    package init(limits: JSONLimits = JSONLimits()) {
        assembler = MessageAssembler(limits: limits)
    }

    /// An answer of our own.
    init(frame: JSONObject) {
        assembler = MessageAssembler()
        assembler.begin(frame)
    }

    // MARK: Reading

    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) { try assembler.read(chunk) }
    package var isComplete: Bool { assembler.isComplete }
    package var answer: any DialectAnswer { CollectedAnswer(assembler.message, form: .message) }
    package let isSequential = true
    package var mayBegin: Bool { assembler.hasPlainHead }
    package var texts: [StreamedText] { assembler.texts }

    // MARK: Writing

    package var begun: Set<Int> { writer.begun }

    package mutating func piece(_ text: String, of number: Int) -> [UInt8] {
        var bytes = writer.hasStarted ? [] : writer.start(assembler.plainHead)
        bytes += writer.finish(before: number, of: assembler.blocks)
        bytes += writer.open(number, as: assembler.block(number))
        return bytes + writer.text(text, of: assembler.block(number))
    }

    package mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8] {
        guard let message = answer.body.object else { return [] }
        let blocks = (message["content"]?.array ?? []).map { $0.object ?? JSONObject() }
        var head = message
        // As they were at the beginning. Words among them were judged only if the end left them there.
        head["usage"] = assembler.plainHead["usage"]
        let events = (message["events"]?.array ?? []).compactMap(\.object)
        let hasFailed = events.contains { $0["type"]?.string == "error" }
        // An error in front of everything is all that there is.
        var bytes = hasFailed && !assembler.hasBegun ? [] : writer.start(head)
        bytes += writer.finish(before: blocks.count, of: blocks, texts: texts)
        for event in events { bytes += MessageEventWriter.event(event) }
        // It stands in place of the end.
        guard !hasFailed else { return bytes }
        let delta = message.members.filter {
            ["stop_reason", "stop_sequence", "stop_details", "container"].contains($0.name)
        }
        let others = message.members.filter { $0.name == "context_management" && !$0.value.isNull }
        return bytes + writer.end(JSONObject(delta), usage: message["usage"], others: others)
    }

    package mutating func pulse() -> [UInt8] { MessageEventWriter.event(["type": .string("ping")]) }

    package mutating func filtered(saying words: [String]) -> [UInt8] {
        var bytes = writer.start(assembler.plainHead)
        if !words.isEmpty {
            if writer.openBlock.map({ assembler.block($0)["type"]?.string != "text" }) ?? true {
                bytes += writer.close()
                bytes += writer.open(writer.next, as: MessageAssembler.textBlock)
            }
            for word in words { bytes += writer.text(word, of: MessageAssembler.textBlock) }
        }
        bytes += writer.close()
        let reason: JSONObject = ["stop_reason": .string(Self.filteredReason), "stop_sequence": .null]
        return bytes + writer.end(reason, usage: assembler.plainUsage)
    }

    package mutating func failed(_ error: ChatAPIError) -> [UInt8] {
        MessageEventWriter.event(ErrorForm.anthropic.object(of: error))
    }
}

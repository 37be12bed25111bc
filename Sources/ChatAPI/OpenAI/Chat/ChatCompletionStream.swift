/// A streamed chat completion: the choices' texts flow side by side, everything else goes out at the end.
package struct ChatCompletionStream: DialectStream {
    private var assembler: DeltaAssembler
    /// What each event of an answer of our own says about it.
    private let ownFrame: JSONObject?
    /// The token counts to end with, where the caller asked for them and the upstream was not asked.
    private let usage: TokenUsage?
    package private(set) var begun: Set<Int> = []
    /// Choices that the caller knows of, with the role in front.
    private var announced: Set<Int> = []

    package init(limits: JSONLimits = JSONLimits()) {
        assembler = DeltaAssembler(limits: limits)
        ownFrame = nil
        usage = nil
    }

    /// An answer of our own.
    init(frame: JSONObject, usage: TokenUsage?) {
        assembler = DeltaAssembler()
        ownFrame = frame
        self.usage = usage
    }

    // MARK: Reading

    package mutating func read(_ chunk: some Sequence<UInt8>) throws(ChatAPIError) { try assembler.read(chunk) }

    package var isComplete: Bool { assembler.isComplete }

    package var answer: any DialectAnswer { assembler.completion }

    package let isSequential = false

    package let mayBegin = true

    package var texts: [StreamedText] { assembler.texts }

    private var frame: JSONObject { ownFrame ?? assembler.frame }

    private var writer: ChatChunkWriter { ChatChunkWriter(frame: frame) }

    // MARK: Writing

    package mutating func piece(_ text: String, of number: Int) -> [UInt8] {
        let writer = writer
        var bytes: [UInt8] = []
        // OpenAI's client lists the choices as they come and looks for each at its index.
        for choice in 0..<max(number, 0) where announced.insert(choice).inserted {
            bytes += writer.piece("", choice: choice, isFirst: true)
        }
        begun.insert(number)
        return bytes + writer.piece(text, choice: number, isFirst: announced.insert(number).inserted)
    }

    package mutating func rest(of answer: any DialectAnswer, texts: [Int: String]) -> [UInt8] {
        ChatCompletion(answer.body).rest(texts, announced: announced).stream
    }

    package mutating func filtered(saying words: [String]) -> [UInt8] {
        let writer = writer
        var bytes: [UInt8] = []
        for choice in announced.sorted() {
            for word in words { bytes += writer.piece(word, choice: choice, isFirst: false) }
            bytes += writer.end(choice: choice, .contentFilter)
        }
        if let usage { bytes += writer.usage(usage) }
        return bytes + EventStreamWriter.done
    }

    package mutating func failed(_ error: ChatAPIError) -> [UInt8] { ChatChunkWriter.end(error) }
}

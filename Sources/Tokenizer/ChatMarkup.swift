/// The chat markup of the ChatML family, built from ids: `<|im_start|>role\ncontent<|im_end|>\n`.
///
/// Roles and contents are encoded as plain text, so no content can open or close a turn.
package struct ChatMarkup: Sendable, Hashable {
    /// `<|im_start|>`
    package var startOfTurn: Int32
    /// `<|im_end|>`
    package var endOfTurn: Int32

    /// - Parameters: ids of the two markers; SmolLM2's by default.
    package init(startOfTurn: Int32 = 1, endOfTurn: Int32 = 2) {
        self.startOfTurn = startOfTurn
        self.endOfTurn = endOfTurn
    }

    /// One whole turn.
    package func turn(role: String, content: String, _ tokenizer: Tokenizer) -> [Int32] {
        [startOfTurn] + tokenizer.encode("\(role)\n\(content)") + close(tokenizer)
    }

    /// The opening of a turn that the model is to write.
    package func open(role: String, _ tokenizer: Tokenizer) -> [Int32] {
        [startOfTurn] + tokenizer.encode("\(role)\n")
    }

    /// The end of a turn.
    package func close(_ tokenizer: Tokenizer) -> [Int32] {
        [endOfTurn] + tokenizer.encode("\n")
    }
}

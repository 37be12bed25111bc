/// How much of a streamed answer may be held back while it is judged: whichever is reached first.
package struct HoldBack: Sendable, Equatable {
    /// Tokens, estimated from the text.
    package var tokens: Int
    package var delay: Duration
    package var bytes: Int

    package init(tokens: Int = 24, delay: Duration = .milliseconds(250), bytes: Int = 4096) {
        self.tokens = tokens
        self.delay = delay
        self.bytes = bytes
    }
}

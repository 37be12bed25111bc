import Policy

extension PolicyDecoder {
    /// The most that an answer may be held back: beyond it, `mode: full` says what is meant.
    private static let mostTokens = 4096
    private static let mostMilliseconds = 60_000
    /// The fewest and the most bytes: a piece has to hold a few characters, and all of it is kept for each answer.
    private static let bytes = 64...(1 << 20)

    /// Reads `stream`: how a streamed answer travels.
    mutating func streamPolicy(_ node: YAMLNode) -> StreamPolicy {
        let fields = fields(of: node, "'stream'", known: PolicyKeys.stream)
        var policy = StreamPolicy()
        if let node = fields["mode"] { policy.mode = choice(node, "mode") ?? policy.mode }
        for key in ["tokens", "milliseconds", "bytes"] where policy.mode != .window {
            guard let node = fields[key] else { continue }
            note(node, "'\(key)' has no effect in mode '\(policy.mode.rawValue)'", hint: "write 'mode: window'")
        }
        if let node = fields["tokens"], let tokens = whole(node, "tokens", in: 2...Self.mostTokens) {
            policy.holdBack.tokens = tokens
        }
        if let node = fields["milliseconds"], let time = whole(node, "milliseconds", in: 1...Self.mostMilliseconds) {
            policy.holdBack.delay = .milliseconds(time)
        }
        if let node = fields["bytes"], let bytes = whole(node, "bytes", in: Self.bytes) {
            policy.holdBack.bytes = bytes
        }
        return policy
    }
}

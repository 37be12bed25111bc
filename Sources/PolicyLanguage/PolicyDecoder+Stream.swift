import Policy

extension PolicyDecoder {
    /// The most that an answer may be held back: beyond it, `mode: full` says what is meant.
    private static let mostTokens = 4096
    private static let mostMilliseconds = 60_000
    /// The fewest and the most bytes: a piece has to hold a few characters, and all of it is kept for each answer.
    private static let bytes = 64...(1 << 20)

    /// Reads `stream`: how a streamed answer travels.
    ///
    /// - Parameter policy: what holds where it says nothing.
    mutating func streamPatch(_ node: YAMLNode, over policy: StreamPolicy) -> StreamPatch {
        let fields = fields(of: node, "'stream'", known: PolicyKeys.stream)
        var patch = StreamPatch()
        if let node = fields["mode"] { patch.mode = choice(node, "mode") }
        let mode = patch.mode ?? policy.mode
        for key in ["tokens", "milliseconds", "bytes"] where mode != .window {
            guard let node = fields[key] else { continue }
            note(node, "'\(key)' has no effect in mode '\(mode.rawValue)'", hint: "write 'mode: window'")
        }
        if let node = fields["tokens"] { patch.tokens = whole(node, "tokens", in: 2...Self.mostTokens) }
        if let node = fields["milliseconds"] {
            let count = whole(node, "milliseconds", in: 1...Self.mostMilliseconds)
            patch.delay = count.map { .milliseconds($0) }
        }
        if let node = fields["bytes"] { patch.bytes = whole(node, "bytes", in: Self.bytes) }
        return patch
    }
}

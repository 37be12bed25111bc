package import GuardCore

/// A whole answer in some dialect, read from a body or assembled from a stream.
package protocol DialectAnswer: Sendable {
    var body: JSONValue { get }
    /// Every string that tells the caller something.
    var segments: [TextSegment] { get }
    /// Strings that nobody reads.
    var unscanned: UnscannedStrings { get }
    /// The token counts that the upstream gave.
    var usage: TokenUsage? { get }

    /// The answer with edited texts, by place, as `segments` names them. What repeats an edited text elsewhere is edited or
    /// dropped with it.
    func editing(replacements: [String: String]) -> Self
}

extension DialectAnswer {
    /// The name by which a later request may go on from the answer, where its API has such.
    package var name: String? { body.object?["id"]?.string }

    /// What the answer says, as one text.
    package var spoken: String {
        segments.filter { $0.role == .assistant && $0.kind == .words && $0.turn != nil }.map(\.text)
            .joined(separator: "\n")
    }

    /// The bytes to send: written from the value that was judged.
    package var serialized: [UInt8] { JSONWriter.bytes(body) }
}

/// How many tokens an exchange took.
package struct TokenUsage: Sendable, Equatable {
    package var prompt: Int
    package var completion: Int

    /// Counts that can be true: beyond them nothing is to be reckoned with.
    private static let plausible = 0...1 << 32

    package init(prompt: Int = 0, completion: Int = 0) {
        self.prompt = prompt
        self.completion = completion
    }

    /// What an upstream says: the sums of the counts that can be true; nil unless there are such of both.
    init?(prompt: [JSONValue?], completion: [JSONValue?]) {
        guard let prompt = Self.sum(prompt), let completion = Self.sum(completion) else { return nil }
        self.init(prompt: prompt, completion: completion)
    }

    private static func sum(_ counts: [JSONValue?]) -> Int? {
        let counts = counts.compactMap { $0?.integer }.filter { plausible.contains($0) }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }
}

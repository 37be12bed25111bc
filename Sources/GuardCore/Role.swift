/// Whose words a text segment holds.
package enum Role: String, CaseIterable, Sendable, Hashable, Codable {
    case system
    case developer
    case user
    case assistant
    /// A tool's result, or the arguments of a call to one.
    case tool
    /// Words that steer the LLM without being anybody's turn: tool schemas, stop strings, metadata.
    case context
}

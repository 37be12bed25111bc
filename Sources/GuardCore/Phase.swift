/// Where in an exchange text is judged.
package enum Phase: String, CaseIterable, Sendable, Hashable, Codable {
    /// What the caller sends, before it reaches the LLM.
    case input
    /// What the LLM answers, before it reaches the caller.
    case output
}

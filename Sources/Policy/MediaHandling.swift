/// What is done with what a caller shows the LLM that is no text: images, sounds and files, their addresses, and the names of
/// those that the provider keeps. Nobody reads it.
package enum MediaHandling: String, Sendable, CaseIterable {
    /// It goes on, and is counted.
    case pass
    /// It is taken out, and the rest goes on.
    case drop
    /// The request is refused.
    case refuse
}

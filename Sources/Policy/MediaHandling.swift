/// What is done with what a request shows the LLM, or an answer the caller, that is no text: images, sounds and files, their
/// addresses, and the names of those that the provider keeps. Nobody reads it.
package enum MediaHandling: String, Sendable, CaseIterable {
    /// It goes on, and is counted.
    case pass
    /// It is taken out, and the rest goes on. Of an answer its place stays, and is empty.
    case drop
    /// The request is refused, or the answer is not passed on.
    case refuse
}

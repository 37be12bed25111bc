/// Why a scheduler gave no result.
package enum SchedulerError: Error, Sendable, Equatable {
    /// As many requests, or as many tokens, as the queue holds are under way already.
    case overloaded
    /// The deadline passed, waiting or computing.
    case deadlineExceeded
    /// The scheduler was shut down.
    case shutDown
    /// A sequence longer than the pages, the model's positions or the whole queue can hold: it will never fit.
    case tooLong(tokens: Int, limit: Int)
    /// A sequence without tokens, or a tap on a token that it does not have.
    case emptyRequest
}

package import GuardCore

/// Why an engine gave no scores. It is a failure and never a verdict: the policy says what follows from it.
package enum EngineFailure: Error, Sendable, Equatable {
    /// Too many requests to it are under way.
    case overloaded
    /// The deadline passed before all was answered.
    case deadlineExceeded
    /// No server of it could be asked; the text is a fixed word.
    case unreachable(String)
    /// A server answered with a status that is no answer.
    case status(Int)
    /// What a server sent is no completion, or one that says nothing about the text.
    case unreadable(String)
    /// The words of an answer and their probabilities say the opposite of each other.
    case contradiction
    /// Any other.
    case failed(String)

    package init(_ error: any Error) {
        switch error {
        case let failure as EngineFailure: self = failure
        case ClassifierError.overloaded: self = .overloaded
        case ClassifierError.deadlineExceeded: self = .deadlineExceeded
        case ClassifierError.failed(let reason): self = .failed(reason)
        default: self = .failed(String(describing: type(of: error)))
        }
    }

    /// A fixed word for metrics.
    package var word: String {
        switch self {
        case .overloaded: "overloaded"
        case .deadlineExceeded: "deadline"
        case .unreachable: "unreachable"
        case .status: "status"
        case .unreadable: "unreadable"
        case .contradiction: "contradiction"
        case .failed: "failed"
        }
    }

    /// The failure as whoever asks any classifier knows it.
    package var classifierError: ClassifierError {
        switch self {
        case .overloaded: .overloaded
        case .deadlineExceeded: .deadlineExceeded
        case .unreachable(let word): .failed("no server could be asked: \(word)")
        case .status(let code): .failed("a server answered with status \(code)")
        case .unreadable(let reason): .failed("an answer cannot be read: \(reason)")
        case .contradiction: .failed("an answer contradicts its own probabilities")
        case .failed(let reason): .failed(reason)
        }
    }
}

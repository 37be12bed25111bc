/// Why a session could not go on. The session holds what it held before, unless the case says otherwise.
package enum SessionError: Error, Sendable, Equatable {
    /// The sequence would be longer than the session's capacity.
    case capacityExceeded(needed: Int, capacity: Int)
    /// A token id that the vocabulary does not have.
    case tokenOutOfRange(Int32)
    /// The caller withdrew the work. A session that was cancelled while it was deepened must be reset.
    case cancelled
    /// The model's numbers are not finite: the weights are damaged.
    case notFinite
}

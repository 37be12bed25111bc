/// What is done about the probability that a text is harmful in any way.
///
/// The model is surer that a text is harmful than what kind of harm it is: a text may be far over the line while no
/// single category is. Its finding carries the category with the highest score, so that it has a name and a reply.
package enum OverallPolicy: Sendable, Equatable {
    /// From this probability on, what the category with the highest score says is done, as if that category had
    /// reached its own threshold; nothing if it is not judged in this phase.
    case likeliestCategory(threshold: Double)
    /// One consequence whatever the category, also where the category itself is not judged.
    case own(CategoryPolicy)

    /// The probability, 0...1, from which on something is done.
    package var threshold: Double {
        switch self {
        case .likeliestCategory(let threshold): threshold
        case .own(let policy): policy.threshold
        }
    }
}

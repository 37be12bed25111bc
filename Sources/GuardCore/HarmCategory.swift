/// A kind of harm that Guardian scores and that a policy sets a threshold and an action for.
///
/// The taxonomy is this project's own: the hazards of MLCommons AILuminate, plus `misinformation`, `cybercrime`,
/// `harassment` and `jailbreak`. The order of the cases is the order of the model's outputs and of every report.
package enum HarmCategory: String, CaseIterable, Sendable, Hashable, Codable {
    case violentCrimes = "violent_crimes"
    case nonviolentCrimes = "nonviolent_crimes"
    case sexCrimes = "sex_crimes"
    case childExploitation = "child_exploitation"
    case defamation
    case specializedAdvice = "specialized_advice"
    case privacy
    case intellectualProperty = "intellectual_property"
    case weapons
    case hate
    case selfHarm = "self_harm"
    case sexualContent = "sexual_content"
    case misinformation
    case cybercrime
    case harassment
    case jailbreak

    /// The position in the taxonomy, 0...15: the index of this category's score.
    package var ordinal: Int { Self.ordinals[self] ?? 0 }

    /// The category in words, as the model reads it: `self_harm` is "self harm".
    package var words: String { String(rawValue.map { $0 == "_" ? " " : $0 }) }

    private static let ordinals = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

extension HarmCategory: Comparable {
    /// Taxonomy order.
    package static func < (lhs: Self, rhs: Self) -> Bool { lhs.ordinal < rhs.ordinal }
}

package import GuardCore

/// Which threshold of a policy.
package struct ThresholdKey: Sendable, Hashable {
    package var phase: Phase
    /// Nil is the threshold of overall harm.
    package var category: HarmCategory?

    package init(_ phase: Phase, _ category: HarmCategory?) {
        self.phase = phase
        self.category = category
    }

    /// As a policy file names it.
    package var name: String { category?.rawValue ?? "overall" }
}

extension Policy {
    /// Nil where the category, or overall harm, is not judged.
    package subscript(threshold key: ThresholdKey) -> Double? {
        guard let category = key.category else { return self[key.phase].overall?.threshold }
        return self[key.phase].categories[category]?.threshold
    }
}

extension Assessment {
    /// The score that a threshold is held against.
    package func score(_ key: ThresholdKey) -> Double { key.category.map { categories[$0] } ?? harm }
}

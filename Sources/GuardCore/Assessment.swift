/// What the model makes of one text: calibrated probabilities, never a verdict.
package struct Assessment: Sendable, Hashable {
    /// The probability, 0...1, that the text is harmful in any way.
    package var harm: Double
    /// The probability per category, 0...1.
    package var categories: CategoryScores
    /// Tokens the model read for it.
    package var tokens: Int
    /// Where one of several engines gave no scores: what the scores could be at the most. They are at least what stands here.
    /// nil where all that was asked for is known.
    package var ceiling: Ceiling?

    /// Bounds from above, and why the scores are not known.
    package struct Ceiling: Sendable, Hashable {
        package var harm: Double
        package var categories: CategoryScores
        package var failure: ClassifierError

        package init(harm: Double, categories: CategoryScores, failure: ClassifierError) {
            self.harm = harm
            self.categories = categories
            self.failure = failure
        }
    }

    package init(harm: Double, categories: CategoryScores, tokens: Int) {
        self.harm = harm
        self.categories = categories
        self.tokens = tokens
    }

    /// The score of nothing read.
    package static let none = Assessment(harm: 0, categories: CategoryScores(), tokens: 0)

    /// The element-wise maximum: a long text is as harmful as its worst window.
    package func union(_ other: Assessment) -> Assessment {
        var result = Assessment(
            harm: max(harm, other.harm),
            categories: categories.union(other.categories),
            tokens: tokens + other.tokens
        )
        if let failure = ceiling?.failure ?? other.ceiling?.failure {
            result.ceiling = Ceiling(
                harm: max(ceiling?.harm ?? harm, other.ceiling?.harm ?? other.harm),
                categories: (ceiling?.categories ?? categories).union(other.ceiling?.categories ?? other.categories),
                failure: failure
            )
        }
        return result
    }
}

/// One probability per category, in taxonomy order.
package struct CategoryScores: Sendable, Hashable {
    private var storage: [Double]

    /// All scores zero.
    package init() { storage = Array(repeating: 0, count: HarmCategory.allCases.count) }

    /// - Parameter values: 16 probabilities in taxonomy order; missing ones are zero, surplus ones are dropped.
    package init(_ values: some Sequence<Double>) {
        self.init()
        for (index, value) in zip(storage.indices, values) { storage[index] = value }
    }

    package subscript(category: HarmCategory) -> Double {
        get { storage[category.ordinal] }
        set { storage[category.ordinal] = newValue }
    }

    /// The element-wise maximum.
    package func union(_ other: CategoryScores) -> CategoryScores {
        CategoryScores(zip(storage, other.storage).map { max($0, $1) })
    }
}

/// One reason for a decision: a category whose score reached its threshold, or a rule that matched.
package struct Finding: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// The model's score of the category reached the threshold.
        case model(score: Double, threshold: Double)
        /// A rule matched; the spans are UTF-8 offsets into the segment's text.
        case rule(id: String, spans: [Range<Int>])
        /// The model could not judge in time; the category's failure mode decided.
        case failure
    }

    package var category: HarmCategory
    package var source: Source
    package var action: Action
    /// Index of the segment among those inspected together; nil if the finding is about all of them.
    package var segment: Int?

    package init(category: HarmCategory, source: Source, action: Action, segment: Int?) {
        self.category = category
        self.source = source
        self.action = action
        self.segment = segment
    }
}

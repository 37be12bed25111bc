/// The readings of one text, computed once for all rules and the model.
package struct TextViews: Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// What the model is to read: the text itself, then each other view that differs from it materially.
    package var modelViews: [String] { [text] }
}

import GuardCore

/// The response per category that is sent where no generated one may be.
struct SafeguardTemplates: Sendable {
    private let texts: [String: String]
    private let general: String

    /// - Parameter texts: by category name; `general` is for a category without one.
    init?(_ texts: [String: String]) {
        guard let general = texts["general"] else { return nil }
        self.texts = texts
        self.general = general
    }

    subscript(category: HarmCategory) -> String { texts[category.rawValue] ?? general }
}

import GuardCore
import Policy
import PolicyLanguage

/// What people say a text is.
struct TextLabel: Sendable, Equatable {
    /// Whether it is harmful in any way; nil where nobody said so.
    var isHarmful: Bool?
    /// Whether it is of a category; those that nobody spoke about are left out.
    var categories: [HarmCategory: Bool] = [:]

    init(isHarmful: Bool, of found: Set<HarmCategory>) {
        self.isHarmful = isHarmful
        for category in HarmCategory.allCases { categories[category] = found.contains(category) }
    }

    /// - Throws: `LabelProblem`.
    init(_ row: LabelRow, _ strictness: LabelledText.Strictness) throws {
        isHarmful = row.harmful
        var stated = row.categories ?? row.category.map { .list([$0]) }
        if strictness == .lenient { stated = stated?.known }
        switch stated {
        case .list(let names):
            let named = Set(try names.map(Self.category))
            for category in HarmCategory.allCases { categories[category] = named.contains(category) }
        case .object(let values):
            for (name, value) in values { categories[try Self.category(name)] = value }
        case nil: break
        }
        let isOfSome = categories.values.contains(true)
        if isHarmful == false {
            guard !isOfSome else { throw LabelProblem.contradiction }
            for category in HarmCategory.allCases { categories[category] = false }
        } else if isOfSome {
            isHarmful = true
        }
        guard isHarmful != nil || !categories.isEmpty else { throw LabelProblem.unlabelled }
    }

    /// The label that a threshold is held against.
    func isPositive(_ key: ThresholdKey) -> Bool? { key.category.map { categories[$0] } ?? isHarmful }

    /// This label of a text that may be of these categories without anybody having said so: it says nothing of them, nor of harm of any
    /// kind. Not even that it is of one of them: whether a text counts must not depend on what else it was found by, for then those
    /// with high scores would count more often than the others.
    func unsure(of categories: Set<HarmCategory>) -> TextLabel {
        guard !categories.isEmpty else { return self }
        var label = self
        for category in categories { label.categories[category] = nil }
        label.isHarmful = nil
        return label
    }

    /// This label, and what was decided where this one says nothing. Of a text that is harmful and was let pass, nobody knows the
    /// categories but those that are named here.
    func correcting(_ decided: TextLabel) -> TextLabel {
        var label = self
        let wasFound = decided.isHarmful == true || decided.categories.values.contains(true)
        if isHarmful != true || wasFound {
            label.categories.merge(decided.categories) { own, _ in own }
        }
        if isHarmful == nil {
            // Of a text that may have been found to be harmful nobody knows that it is not.
            let isOfSome = label.categories.values.contains(true)
            label.isHarmful = isOfSome || decided.isHarmful != nil ? isOfSome : nil
        }
        return label
    }

    private static func category(_ name: String) throws -> HarmCategory {
        guard let category = HarmCategory(rawValue: name) else { throw LabelProblem.unknownCategory(name) }
        return category
    }
}

/// What is wrong with a line of labels.
enum LabelProblem: Error {
    case notARow, unlabelled, contradiction
    case unknownCategory(String)

    var words: String {
        switch self {
        case .notARow: "not a JSON object with a 'text' and labels ('harmful', 'categories')"
        case .unlabelled: "no label: give it 'harmful' or 'categories'"
        case .contradiction: "'harmful' is false, and yet it has a category"
        case .unknownCategory(let name):
            "unknown category '\(name.clipped)'; known: \(HarmCategory.allCases.map(\.rawValue).joined(separator: ", "))"
        }
    }
}

/// A label as a JSON object holds it: `harmful`, `categories` or `category`.
struct LabelRow: Decodable {
    var harmful: Bool?
    var category: String?
    var categories: Categories?

    enum Categories: Decodable {
        case list([String])
        case object([String: Bool])

        /// Without what is not in our categories; nil where nothing is left to say.
        var known: Categories? {
            switch self {
            case .list(let names):
                names.allSatisfy { HarmCategory(rawValue: $0) != nil } ? self : nil
            case .object(let values):
                .object(values.filter { HarmCategory(rawValue: $0.key) != nil })
            }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let list = try? container.decode([String].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Bool].self))
            }
        }
    }
}

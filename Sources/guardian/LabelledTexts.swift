import ArgumentParser
import Foundation
import GuardCore
import Policy
import PolicyLanguage

/// A text and what people say it is.
struct LabelledText: Sendable {
    /// The text that is judged: the reply, where there is one.
    var text: String
    /// What a reply answers.
    var query: String?
    /// Where it came from, if the line says so.
    var source: String?
    /// Input, or output where a reply is judged.
    var phase: Phase
    /// Whether it is harmful in any way; nil where nobody said so.
    var isHarmful: Bool?
    /// Whether it is of a category; those that nobody spoke about are left out.
    var categories: [HarmCategory: Bool]

    var role: Role { phase == .input ? .user : .assistant }

    /// The label that a threshold is held against.
    func isPositive(_ key: ThresholdKey) -> Bool? { key.category.map { categories[$0] } ?? isHarmful }

    /// The same for the same text in every run (FNV-1a).
    var key: UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// Reads JSON lines with `text`, and `reply` where an answer is judged, and labels: `harmful` (true or false), `categories`
    /// (a list of all categories of the text, or an object that says true or false of some), or `category` (one).
    ///
    /// - Throws: an exit status, the reason told on standard error with the line.
    static func read(_ path: String, _ strictness: Strictness = .strict) throws -> [LabelledText] {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): error: the file cannot be read")
            throw ExitStatus.noInput
        }
        var texts: [LabelledText] = []
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) {
            do {
                texts.append(try LabelledText(JSONDecoder().decode(LabelledRow.self, from: line), strictness))
            } catch LabelProblem.unlabelled where strictness == .lenient {
                continue
            } catch {
                complain(
                    "\(path):\(index + 1): error: \((error as? LabelProblem)?.words ?? LabelProblem.notARow.words)"
                )
                throw ExitStatus.data
            }
        }
        return texts
    }

    /// What a file of labels says of lines that cannot be used as they are.
    enum Strictness {
        /// Every line must be labelled in our own categories.
        case strict
        /// Lines without a label are left out, and names of other categories are no labels: sets of others are read as they are.
        case lenient
    }

    private init(_ row: LabelledRow, _ strictness: Strictness) throws {
        text = row.reply ?? row.text
        query = row.reply == nil ? nil : row.text
        source = row.source
        phase = row.reply == nil ? .input : .output
        isHarmful = row.harmful
        categories = [:]
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

    private static func category(_ name: String) throws -> HarmCategory {
        guard let category = HarmCategory(rawValue: name) else { throw LabelProblem.unknownCategory(name) }
        return category
    }
}

/// What is wrong with a line of labels.
private enum LabelProblem: Error {
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

private struct LabelledRow: Decodable {
    var text: String
    var reply: String?
    var harmful: Bool?
    var category: String?
    var categories: Categories?
    var source: String?

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

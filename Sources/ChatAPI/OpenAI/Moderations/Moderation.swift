package import GuardCore

/// What Guardian says about one input, in OpenAI's schema.
///
/// OpenAI's names come first, each from the categories of ours that cover it; the finer ones that ours do not tell apart are
/// never flagged. Then come our own categories, under their own names.
package struct Moderation: Sendable {
    /// The categories that the policy acts on, or records.
    package var found: Set<HarmCategory>
    /// The probability per category.
    package var scores: CategoryScores

    package init(found: Set<HarmCategory>, scores: CategoryScores) {
        self.found = found
        self.scores = scores
    }

    /// OpenAI's categories, and those of ours that they are made from.
    package static let names: [(name: String, sources: [HarmCategory])] = [
        ("harassment", [.harassment]), ("harassment/threatening", []), ("hate", [.hate]), ("hate/threatening", []),
        ("illicit", [.nonviolentCrimes, .cybercrime, .weapons]), ("illicit/violent", [.weapons]),
        ("self-harm", [.selfHarm]), ("self-harm/intent", []), ("self-harm/instructions", []),
        ("sexual", [.sexualContent, .sexCrimes]), ("sexual/minors", [.childExploitation]),
        ("violence", [.violentCrimes]), ("violence/graphic", []),
    ]

    /// The body of the reply.
    package static func reply(_ moderations: [Moderation], id: String, model: String) -> [UInt8] {
        JSONWriter.bytes(
            .object([
                "id": .string(id), "model": .string(model), "results": .array(moderations.map { .object($0.result) }),
            ])
        )
    }

    private var result: JSONObject {
        let taken = Set(Self.names.map(\.name))
        let own = HarmCategory.allCases.filter { !taken.contains($0.rawValue) }.map { ($0.rawValue, [$0]) }
        let all: [(name: String, sources: [HarmCategory])] = Self.names + own
        func object(_ value: ([HarmCategory]) -> JSONValue) -> JSONValue {
            .object(JSONObject(all.map { .init(name: $0.name, value: value($0.sources)) }))
        }
        return [
            "flagged": .bool(!found.isEmpty),
            "categories": object { .bool(!found.isDisjoint(with: $0)) },
            "category_scores": object { .number(Self.text($0.map { scores[$0] }.max() ?? 0)) },
            "category_applied_input_types": object { .array($0.isEmpty ? [] : [.string("text")]) },
        ]
    }

    /// A score with three decimals: more of them would only help those who search for a way around it.
    private static func text(_ score: Double) -> String {
        let thousandths = Int((min(max(score, 0), 1) * 1000).rounded())
        let digits = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}

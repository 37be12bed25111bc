import GuardCore

extension PolicyExplanation: CustomStringConvertible {
    /// Tables for a terminal.
    package var description: String {
        var blocks = [heading]
        blocks += phases.map { phase in
            "\(phase.phase.rawValue): inspects \(phase.roles.map(\.rawValue).joined(separator: ", "))"
                + (phase.media.map { "; media: \($0)" } ?? "") + "\n"
                + TextTable(
                    header: ["category", "threshold", "action", "what follows", "on failure"],
                    rows: phase.categories.map(\.row)
                ).description + (phase.anomaly.map { "\n  rules together: \($0)" } ?? "")
        }
        if !rules.isEmpty {
            blocks.append(
                "rules: each of them that matches counts\n"
                    + TextTable(
                        header: ["id", "category", "phases", "roles", "action", "what follows"],
                        rows: rules.map(\.row)
                    ).description
            )
        }
        if !overrides.isEmpty {
            let items = overrides.map { override in
                (["  \(override.name): \(override.condition)"] + override.changes.map { "    \($0)" })
                    .joined(separator: "\n")
            }
            blocks.append(
                "overrides: where two of those that fit a request disagree, the upper one counts\n"
                    + items.joined(separator: "\n")
            )
        }
        return blocks.joined(separator: "\n\n")
    }

    private var heading: String {
        let digest = digest.isEmpty ? "" : " (\(digest.prefix(12)))"
        let effect = mode == "shadow" ? "shadow: decides and records, never acts" : mode
        return """
            policy \(name)\(digest), mode \(effect)
            A score from the threshold on takes the action. The strictest action wins: block, rewrite, log.
            """
    }
}

extension PolicyExplanation.OverrideExplanation {
    fileprivate var condition: String {
        when.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.joined(separator: " or "))" }
            .joined(separator: ", ")
    }
}

extension PolicyExplanation.CategoryExplanation {
    fileprivate var row: [String] {
        guard let threshold else { return [category, "-", "not judged", "", ""] }
        return [category, "\(threshold)", action?.rawValue ?? "", whatFollows, onFailure ?? ""]
    }

    /// The consequence, and what it depends on.
    private var whatFollows: String {
        let rules = requires.map { "requires \($0.joined(separator: " or "))" }
        let share = sample.map { "sample \($0)" }
        return [consequence, rules, share].compactMap { $0 }.joined(separator: "; ")
    }
}

extension PolicyExplanation.RuleExplanation {
    fileprivate var row: [String] {
        let everyone = roles.count == Role.allCases.count
        return [
            id, category.rawValue, phases.map(\.rawValue).joined(separator: ", "),
            everyone ? "all" : roles.map(\.rawValue).joined(separator: ", "), action.rawValue, whatFollows,
        ]
    }

    /// The consequence, what it depends on, and what a match does besides.
    private var whatFollows: String {
        var parts = [consequence].compactMap { $0 }
        if let requires {
            let scores = requires.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            parts.append("requires \(scores.joined(separator: ", "))")
        }
        if let vetoes { parts.append("vetoes \(vetoes.map(\.rawValue).joined(separator: ", "))") }
        if let severity { parts.append("severity \(severity)") }
        if let sample { parts.append("sample \(sample)") }
        return parts.joined(separator: "; ")
    }
}

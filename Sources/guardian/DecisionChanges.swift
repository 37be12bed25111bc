import GuardCore
import PolicyLanguage

/// How often what was decided becomes what is decided now.
struct DecisionChanges {
    /// One cell of the table.
    struct Count: Encodable {
        var phase: String
        var before: String
        var after: String
        var count: Int
    }

    private var table: [[String]: Int] = [:]

    mutating func count(_ phase: Phase, from before: String, to after: String) {
        table[[phase.rawValue, before, after], default: 0] += 1
    }

    /// By phase, then by what was decided.
    var counts: [Count] {
        table.map { Count(phase: $0.key[0], before: $0.key[1], after: $0.key[2], count: $0.value) }
            .sorted { ($0.phase, $0.before, $0.after) < ($1.phase, $1.before, $1.after) }
    }
}

extension [DecisionChanges.Count] {
    /// One table a phase: rows are what was decided, columns what is decided now.
    var tables: [String] {
        let actions = ["allow", "log", "rewrite", "block"]
        return Phase.allCases.map(\.rawValue).compactMap { phase in
            guard contains(where: { $0.phase == phase }) else { return nil }
            let rows = actions.map { before in
                [before]
                    + actions.map { after in
                        "\(first { $0.phase == phase && $0.before == before && $0.after == after }?.count ?? 0)"
                    }
            }
            let header = ["was", "now allow", "log", "rewrite", "block"]
            return "\(phase):\n" + TextTable(header: header, rows: rows).description
        }
    }
}

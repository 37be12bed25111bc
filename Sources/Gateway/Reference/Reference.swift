import Audit

/// What the code says of itself, as tables in Markdown: files that hold them cannot go stale unnoticed.
package enum Reference {
    package enum Part: String, Sendable, CaseIterable {
        case configuration, metrics, audit
    }

    package static func text(_ part: Part) -> String {
        switch part {
        case .configuration: configuration
        case .metrics: metrics
        case .audit: audit
        }
    }

    private static var configuration: String {
        let keys = GatewayConfigurationKeys.root.flatMap { $0.flattened() }
        return table(
            ["key", "type", "default", "meaning"],
            keys.map { ["`\($0.name)`", $0.key.kind.words, $0.key.standard.words, $0.key.meaning] }
        )
    }

    private static var metrics: String {
        let registry = GatewayMetrics().registry
        _ = LiveGauges(registry)
        return table(
            ["name", "type", "labels", "meaning"],
            registry.descriptions.map { ["`\($0.name)`", $0.kind, $0.labels.joined(separator: ", "), $0.help] }
        )
    }

    private static var audit: String {
        let phases = AuditField.phases.dropFirst().map { "`\($0)`" }.joined(separator: ", ")
        let fields = AuditField.record + AuditField.chain
        return table(["field", "type", "meaning"], fields.map { ["`\($0.name)`", $0.type, $0.meaning] })
            + "\nThe fields of `input` stand in \(phases), too. Lines by their `event`, and the fields of the log's own:\n\n"
            + table(["event", "fields", "meaning"], AuditField.events.map { ["`\($0.name)`", $0.type, $0.meaning] })
    }

    package static func table(_ head: [String], _ rows: [[String]]) -> String {
        let lines = [head, head.map { _ in "---" }] + rows
        return lines.map { cells in
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }.joined()
    }
}

extension Reference {
    /// Puts the parts of the reference into a text, each between a line `<!-- reference: NAME -->` and a line
    /// `<!-- end -->`. nil if a part is not known, or not ended.
    package static func filled(_ text: String, with parts: [String: String]) -> String? {
        var result = ""
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if isInside, line != "<!-- end -->" { continue }
            isInside = false
            result += line + "\n"
            guard line.hasPrefix("<!-- reference: "), line.hasSuffix(" -->") else { continue }
            guard let part = parts[String(line.dropFirst(16).dropLast(4))] else { return nil }
            result += "\n" + part + "\n"
            isInside = true
        }
        // The last piece has no line feed of its own.
        return isInside ? nil : String(result.dropLast())
    }
}

import PolicyLanguage

extension TextExplanationReport: CustomStringConvertible {
    /// Tables for a terminal, from the text to the decision.
    var description: String {
        var blocks = ["\(decision): \(reason)\n  policy \(policy), mode \(mode), \(phase)\(overrideWords)"]
        blocks.append("how it was read:\n" + readings.map(\.line).joined(separator: "\n"))
        if !scored.isEmpty {
            let rows = scored.map { ["\($0.harm)", $0.likeliest, "\($0.score)", $0.text.quoted] }
            blocks.append(
                "what the model read:\n"
                    + TextTable(header: ["harm", "likeliest", "score", "text"], rows: rows).description
            )
        }
        if !scores.isEmpty {
            let rows = scores.map(\.row)
            let header = ["category", "score", "threshold", "action", ""]
            blocks.append("scores, the highest of these texts:\n" + TextTable(header: header, rows: rows).description)
        }
        if !findings.isEmpty {
            let rows = findings.map(\.row)
            let header = ["found", "category", "action", "counts"]
            blocks.append("what was found:\n" + TextTable(header: header, rows: rows).description)
        }
        if let response {
            let subject = response.subject.map { ", about \($0)" } ?? ""
            blocks.append("what the caller gets (\(response.origin)\(subject)):\n  \(response.text)")
        }
        if let rewritten { blocks.append("what goes on in its place:\n  \(rewritten)") }
        if !steering.isEmpty {
            blocks.append("what is said before it:\n" + steering.map { "  \($0)" }.joined(separator: "\n"))
        }
        return blocks.joined(separator: "\n\n")
    }

    private var overrideWords: String {
        overrides.isEmpty ? "" : ", overrides: \(overrides.joined(separator: ", "))"
    }
}

extension TextExplanationReport.Reading {
    fileprivate var line: String {
        let matched = rules.isEmpty ? "" : "\n    rules: \(rules.joined(separator: ", "))"
        return "  \(name): \(text.quoted)\(matched)"
    }
}

extension TextExplanationReport.Score {
    fileprivate var row: [String] {
        guard let threshold else { return [category, "\(score)", "-", "not judged", ""] }
        return [category, "\(score)", "\(threshold)", action ?? "", isReached ? "reached" : ""]
    }
}

extension TextExplanationReport.Found {
    fileprivate var row: [String] {
        let places = spans.map { "\($0[0])..<\($0[1])" }.joined(separator: ", ")
        let what =
            rule.map { "rule \($0)" + (places.isEmpty ? "" : " at bytes \(places)") }
            ?? score.map { "score \($0) from \(threshold ?? 0) on" } ?? "not judged"
        let counts = dismissal.map { "no: \($0)" } ?? (isDeciding ? "yes, and decides" : "yes")
        return [what, category, action, counts]
    }
}

extension String {
    /// In quotation marks on one line, cut where it is long; what is invisible shown as its code point.
    fileprivate var quoted: String {
        let limit = 160
        var line = ""
        for scalar in unicodeScalars.prefix(limit) {
            switch scalar {
            case "\n": line += "\\n"
            case "\t": line += "\\t"
            default:
                let properties = scalar.properties
                let isShown =
                    scalar == " "
                    || !(properties.isDefaultIgnorableCodePoint || properties.generalCategory == .control
                        || properties.generalCategory == .format || properties.isWhitespace)
                if isShown {
                    line.unicodeScalars.append(scalar)
                } else {
                    line += "\\u{\(String(scalar.value, radix: 16))}"
                }
            }
        }
        return "\"\(line)\"" + (unicodeScalars.count > limit ? " ..." : "")
    }
}

import Foundation
import GuardCore
import Policy
import Tuning

/// An evaluation as one HTML page that needs nothing from elsewhere.
struct EvaluationPage {
    private let evaluation: Evaluation
    private let policy: String
    private let data: String
    private let showsText: Bool

    init(_ evaluation: Evaluation, policy: String, data: String, showsText: Bool) {
        (self.evaluation, self.policy, self.data, self.showsText) = (evaluation, policy, data, showsText)
    }

    var html: String {
        var parts = [
            """
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>Guardian: evaluation</title><style>
            body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
            table{border-collapse:collapse;display:block;overflow-x:auto}th,td{padding:.15rem .6rem;text-align:right;white-space:nowrap}
            th:first-child,td:first-child{text-align:left}tr:nth-child(even){background:#8881}svg{width:20rem;height:20rem;margin-right:2rem}
            figure{display:inline-block;margin:0}.text{white-space:pre-wrap;text-align:left}
            </style></head><body><h1>Evaluation</h1>
            <p>\(htmlText(data)) under \(htmlText(policy)): \(evaluation.rows.count) texts in \
            \(Evaluation.digits(evaluation.seconds, 1)) s; one alone: median \(Evaluation.digits(evaluation.median, 1)) ms.</p>
            """
        ]
        for phase in Phase.allCases {
            let (categories, sources) = (evaluation.categories(phase), evaluation.sources(phase))
            guard let overall = categories.first else { continue }
            parts.append("<h2>\(phase == .input ? "Requests" : "Answers")</h2>")
            parts.append(figure("Precision over recall, overall harm", precisionRecall(overall.scores)))
            parts.append(figure("Observed share over score, overall harm", reliability(overall.scores)))
            parts.append("<h3>By category</h3>" + table(categories))
            parts.append("<h3>By source</h3>" + table(sources))
        }
        parts.append("<h2>Hardest errors</h2><p>Overall score furthest from the label.</p>" + errors)
        return parts.joined(separator: "\n") + "\n</body></html>\n"
    }

    private func table(_ lines: [Evaluation.Line]) -> String {
        rows(Evaluation.header, lines.map(Evaluation.cells))
    }

    private func rows(_ header: [String], _ body: [[String]]) -> String {
        let head = header.map { "<th>\(htmlText($0))</th>" }.joined()
        let lines = body.map { "<tr>" + $0.map { "<td>\(htmlText($0))</td>" }.joined() + "</tr>" }
        return "<table><tr>\(head)</tr>\(lines.joined())</table>"
    }

    private var errors: String {
        let body = evaluation.hardest().map { row in
            [
                row.text.source ?? "", row.text.isHarmful == true ? "harmful" : "harmless",
                Evaluation.digits(row.assessment.harm, 3),
                showsText ? String(row.text.text.prefix(400)) : String(row.text.key, radix: 16),
            ]
        }
        return rows(["source", "label", "score", showsText ? "text" : "digest of the text"], body)
    }

    // MARK: Curves, in a square of 100 by 100

    private func figure(_ caption: String, _ drawing: String) -> String {
        """
        <figure><svg viewBox="-12 -4 120 120" role="img" aria-label="\(htmlText(caption))"><path d="M0 0V100H100" fill="none" \
        stroke="currentColor" stroke-width=".6"/>\(drawing)<text x="0" y="108" font-size="5" fill="currentColor">0</text>\
        <text x="96" y="108" font-size="5" fill="currentColor">1</text><text x="-6" y="4" font-size="5" fill="currentColor">1</text>\
        </svg><figcaption>\(htmlText(caption))</figcaption></figure>
        """
    }

    private func path(_ points: [(x: Double, y: Double)]) -> String {
        let places = points.map { "\(Evaluation.digits(100 * $0.x, 2)) \(Evaluation.digits(100 - 100 * $0.y, 2))" }
        return "<path d=\"M\(places.joined(separator: "L"))\" fill=\"none\" stroke=\"#36c\" stroke-width=\"1\"/>"
    }

    private func precisionRecall(_ scores: LabelledScores) -> String {
        let points = scores.outcomes().compactMap { point -> (x: Double, y: Double)? in
            guard let recall = point.outcome.recall.value, let precision = point.outcome.precision.value else {
                return nil
            }
            return (recall, precision)
        }
        return points.isEmpty ? "" : path(points)
    }

    private func reliability(_ scores: LabelledScores) -> String {
        let bins = Reliability(scores).bins.filter { $0.count > 0 }
        let diagonal = "<path d=\"M0 100L100 0\" stroke=\"#8888\" stroke-width=\".6\"/>"
        return bins.isEmpty ? diagonal : diagonal + path(bins.map { ($0.stated, $0.observed) })
    }
}

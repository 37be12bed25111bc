import Foundation
import GuardCore
import Policy
import PolicyLanguage
import Tuning

/// What `guardian tune` found as one page with curves: no script, nothing from elsewhere, and none of the texts.
struct TuningPage {
    private let report: TuningReport
    private let left: [ThresholdKey: ThresholdText.Obstacle]

    private static let width = 640.0
    private static let height = 240.0

    init(_ report: TuningReport, left: [ThresholdKey: ThresholdText.Obstacle]) {
        self.report = report
        self.left = left
    }

    var html: String {
        let figures = zip(report.tunings, report.scores).map { entry, scores in
            Self.figure(entry.key, entry.value, scores)
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Thresholds</title>
            <style>
            body{font:16px/1.4 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
            pre{overflow-x:auto;background:#f4f5f7;padding:1rem}
            svg{width:100%;max-width:40rem;height:auto;background:#fff}
            .recall{stroke:#0b6e4f}.precision{stroke:#1d4ed8}.fpr{stroke:#b42318}
            .line{fill:none;stroke-width:2}.now{stroke:#6b7280;stroke-dasharray:4 4}.then{stroke:#1b1f24}
            .axis{stroke:#c4c9d1}text{font-size:12px;fill:#1b1f24}
            </style></head><body>
            <h1>Thresholds</h1>
            <p>Green: recall. Blue: precision. Red: false-positive rate. Dashed: the policy's threshold. Solid: the new one. \
            All curves are of the labelled texts that thresholds are chosen from; the table says what happens on unseen ones.</p>
            <pre>\(htmlText(report.table(left: left)))</pre>
            \(figures.joined(separator: "\n"))
            </body></html>

            """
    }

    private static func figure(_ key: ThresholdKey, _ tuning: CategoryTuning, _ scores: LabelledScores) -> String {
        let title = htmlText("\(key.phase.rawValue): \(tuning.name)")
        let steps = (0...200).map { Double($0) / 200 }
        let outcomes = steps.map { ($0, scores.outcome(at: $0)) }
        func line(_ name: String, _ value: (Outcome) -> Double?) -> String {
            let points = outcomes.compactMap { step, outcome in value(outcome).map { point(step, $0) } }
            return "<polyline class=\"line \(name)\" points=\"\(points.joined(separator: " "))\"/>"
        }
        var marks = [mark("now", at: tuning.before)]
        if let after = tuning.after { marks.append(mark("then", at: after)) }
        let labels = [0, 0.25, 0.5, 0.75, 1].map { step in
            "<text x=\"\(x(step))\" y=\"\(height + 16)\" text-anchor=\"middle\">\(step)</text>"
        }
        return """
            <h2>\(title)</h2>
            <svg viewBox="-10 -10 \(width + 20) \(height + 34)" role="img" aria-label="\(title)">
            <rect class="axis" x="0" y="0" width="\(width)" height="\(height)" fill="none"/>
            \(line("recall") { $0.recall.value })
            \(line("precision") { $0.precision.value })
            \(line("fpr") { $0.falsePositiveRate.value })
            \(marks.joined())\(labels.joined())
            </svg>
            """
    }

    private static func mark(_ name: String, at threshold: Double) -> String {
        "<line class=\"\(name)\" x1=\"\(x(threshold))\" x2=\"\(x(threshold))\" y1=\"0\" y2=\"\(height)\"/>"
    }

    private static func point(_ step: Double, _ value: Double) -> String {
        "\(x(step)),\(((1 - value) * height * 10).rounded() / 10)"
    }

    private static func x(_ step: Double) -> Double { (step * width * 10).rounded() / 10 }
}

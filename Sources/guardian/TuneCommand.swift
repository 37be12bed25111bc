import ArgumentParser
import Foundation
import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import PolicyLanguage
import Tuning

struct TuneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune",
        abstract: "Choose a policy's thresholds from labelled texts.",
        discussion: """
            Labels are JSON lines with 'text' ('reply' too where an answer is judged) and 'harmful' (true or false), \
            'categories' (a list of all that apply, or an object of true and false), or 'category'. Texts tune the thresholds of \
            'input', replies those of 'output'. A threshold is moved only if the labels suffice for the target to hold on other \
            texts of the same kind with the given confidence; the table says how many are missing. Nothing is retrained.

            With --audit and --corrections instead of --labels, recorded traffic is what was decided about it unless a correction \
            says otherwise: JSON lines with 'request_id', 'phase' ('input' if left out), and a label as above. The recorded scores \
            are taken; the model is not asked.
            """
    )

    @Option(help: "A file of labelled texts.")
    var labels: String?

    @Option(
        parsing: .upToNextOption,
        help: "Files of audit records, plain or in gzip, instead of labelled texts."
    )
    var audit: [String] = []

    @Option(help: "What was decided wrongly of the audit records, as JSON lines.")
    var corrections: String?

    @Option(help: "The policy file.")
    var policy: String

    @Option(help: "fpr=0.01, precision=0.9, recall=0.8, or cost=5:1 (of a miss and of a false alarm).")
    var target = "fpr=0.01"

    @Option(help: "How likely the target is to be kept on texts nobody has seen: 0.5 to 0.999.")
    var confidence = 0.9

    @Option(help: "Parts that the labels are cut into, each of them tested with thresholds from the others.")
    var folds = 5

    @Option(
        help:
            "The share of the labels, 0 to 0.9, that is left out and tells whether the target is kept on unseen texts."
    )
    var holdOut = 0.0

    @Option(parsing: .upToNextOption, help: "Tune these categories only ('overall' is one).")
    var category: [String] = []

    @Option(help: "Write the policy with the new thresholds to this file, which must not exist.")
    var out: String?

    @Option(help: "Write a page with curves to this file.")
    var report: String?

    @Flag(help: "Write the new thresholds into the policy file itself.")
    var inPlace = false

    @Flag(help: "Print an object.")
    var json = false

    @OptionGroup var model: ModelOptions

    /// Texts that are scored at once.
    private static let width = 32

    func validate() throws {
        guard TuningTarget(target) != nil else {
            throw ValidationError(
                "--target is fpr=SHARE, precision=SHARE or recall=SHARE, with a share between 0 and 1, or cost=MISS:FALSE_ALARM"
            )
        }
        guard (0.5...0.999).contains(confidence) else { throw ValidationError("--confidence is from 0.5 to 0.999") }
        guard (2...20).contains(folds) else { throw ValidationError("--folds is from 2 to 20") }
        guard (labels == nil) != audit.isEmpty, audit.isEmpty == (corrections == nil) else {
            throw ValidationError("give --labels, or --audit with --corrections")
        }
        guard (0...0.9).contains(holdOut) else { throw ValidationError("--hold-out is from 0 to 0.9") }
        if out != nil, inPlace { throw ValidationError("--out and --in-place exclude each other") }
        let known = ["overall"] + HarmCategory.allCases.map(\.rawValue)
        for name in category where !known.contains(name) {
            throw ValidationError("unknown category '\(name)'; known: \(known.joined(separator: ", "))")
        }
    }

    func run() async throws {
        try await reportingErrors {
            let compiled = try PolicyCompiler.compile(path: policy).policy
            let file = try PolicyFile(path: policy)
            if let out, OutputFile(out, .new).isThere {
                complain("\(out): error: the file exists; name another, or use --in-place for the policy itself")
                throw ExitStatus.cannotCreate
            }
            let (destination, page) = (self.destination, self.report.map { OutputFile($0, .over) })
            for file in [destination, page].compactMap({ $0 }) { try file.check() }
            let report = try await tune(compiled)
            let (bytes, left) = file.text.setting(report.thresholds)
            let isChosen = report.thresholds.keys.contains { left[$0] == nil }
            // What cannot be told in one place is told in the others all the same.
            let printed = Result {
                let table = report.table(left: left)
                try output(json ? jsonText(report.object(left: left), .prettyPrinted) : table)
            }
            let written = Result {
                guard isChosen, let destination else { return }
                try write(bytes, to: destination, instead: compiled, in: file)
            }
            if let page { try write(TuningPage(report, left: left).html, to: page) }
            try printed.get()
            try written.get()
            guard isChosen else {
                complain(
                    "\(labels ?? audit.joined(separator: ", ")): error: no threshold was chosen, so nothing is written"
                )
                throw ExitStatus.data
            }
        }
    }

    /// Where the policy with the new thresholds goes; nil for nowhere.
    private var destination: OutputFile? {
        inPlace ? OutputFile(policy, .replacing) : out.map { OutputFile($0, .new) }
    }

    private func tune(_ policy: Policy) async throws -> TuningReport {
        guard let target = TuningTarget(target) else { throw ExitStatus.data }
        let choice = ThresholdChoice(target, confidence: confidence)
        let (texts, origin) = try await scoredTexts(under: policy)
        var report = TuningReport(origin: origin, choice: choice, folds: folds, holdOut: holdOut)
        for phase in Phase.allCases where texts.contains(where: { $0.phase == phase }) {
            for key in [ThresholdKey(phase, nil)] + HarmCategory.allCases.map({ ThresholdKey(phase, $0) }) {
                guard let before = policy[threshold: key], category.isEmpty || category.contains(key.name) else {
                    continue
                }
                let rows = texts.compactMap { text -> LabelledScores.Row? in
                    guard text.phase == phase, let isPositive = text.label.isPositive(key) else { return nil }
                    return LabelledScores.Row(score: text.assessment.score(key), isPositive: isPositive, key: text.key)
                }
                let (learned, heldOut) = LabelledScores(rows).parted(holdingOut: holdOut)
                let tuning = CategoryTuning(
                    name: key.name,
                    before: before,
                    scores: learned,
                    heldOut: heldOut,
                    choice: choice,
                    folds: folds
                )
                report.scores.append(learned)
                report.tunings.append((key, tuning))
            }
        }
        return report
    }

    /// The labelled texts with the model's scores, or the recorded ones, and a line that says what they are.
    private func scoredTexts(under policy: Policy) async throws -> (texts: [ScoredText], origin: String) {
        guard let labels else {
            let recorded = try RecordedTexts(log: audit, corrections: corrections ?? "", policy: policy)
            var origin =
                "labels: \(recorded.texts.count) recorded texts, \(recorded.corrected) of them corrected; "
                + "the others count as what was decided"
            if recorded.unusable > 0 {
                origin += "; corrections of what the model could not judge, left out: \(recorded.unusable)"
            }
            return (recorded.texts, origin)
        }
        let texts = try LabelledText.read(labels)
        let engine = try model.engine(width: Self.width)
        defer { engine.shutDown() }
        let scorer = TextScorer(engine)
        let scores = try await inParallel(texts, width: Self.width, telling: "scoring") {
            try await scorer.assessment(of: $0.text, role: $0.role, query: $0.query)
        }
        let scored = zip(texts, scores).map { text, score in
            ScoredText(phase: text.phase, label: text.label, assessment: score, key: text.key)
        }
        return (scored, "labels: \(texts.count) texts")
    }

    private func write(_ page: String, to file: OutputFile) throws {
        try file.write(Array(page.utf8))
        complain("\(file.path): written")
    }

    /// Writes the new policy, after it was read again and found to differ in thresholds only.
    private func write(_ bytes: [UInt8], to file: OutputFile, instead old: Policy, in stored: PolicyFile) throws {
        let new = try PolicyCompiler.loader.load(bytes: bytes, file: file.path)
        if let change = PolicyDifference(from: old, to: new).beyondThresholds.first {
            complain("\(file.path): error: not written: more than a threshold would change: \(change)")
            throw ExitStatus.data
        }
        // Somebody's edit, made while texts were scored, is not in the new bytes.
        guard !inPlace || FileManager.default.contents(atPath: file.path) == stored.contents else {
            complain("\(file.path): error: not written: it was changed meanwhile; run the command again")
            throw ExitStatus.cannotCreate
        }
        try file.write(bytes)
        complain("\(file.path): written")
    }
}

/// The policy file as it is stored.
private struct PolicyFile {
    let contents: Data
    let text: ThresholdText

    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): error: the file cannot be read")
            throw ExitStatus.noInput
        }
        contents = data
        text = try ThresholdText(bytes: Array(data), file: path)
    }
}

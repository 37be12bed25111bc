import ArgumentParser
import Foundation
import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import Rules
import Tuning

struct EvalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eval",
        abstract: "Measure a model and a policy on labelled texts.",
        discussion: """
            Labels are JSON lines as 'tune' reads them; names of other categories and lines without a label are passed over. A folder's \
            *.jsonl files are one source each, unless lines name their 'source'. Printed are precision, recall, F1, false alarms, \
            the area under the ROC curve and the calibration error, per source and per category, on the engine that ships.
            """
    )

    @Option(help: "A file of labelled texts, or a folder of such files.")
    var data: String

    @Option(help: "The policy whose thresholds are held against the labels.")
    var policy: String = "Policies/default.yaml"

    @Option(help: "Write a page with tables and curves to this file.")
    var report: String?

    @Option(help: "Texts of each file, at the most; evenly chosen.")
    var limit: Int?

    @Flag(help: "Show the texts of the hardest errors in the page. Without it there are digests only.")
    var showText = false

    @Flag(help: "Print an object.")
    var json = false

    @OptionGroup var model: ModelOptions

    /// Texts that are scored at once.
    private static let width = 32

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit is a number above 0") }
    }

    func run() async throws {
        try await reportingErrors {
            let compiled = try PolicyCompiler.compile(path: policy)
            let page = report.map { OutputFile($0, .over) }
            try page?.check()
            let texts = try files().flatMap { try read($0) }
            guard !texts.isEmpty else {
                complain("\(data): error: no labelled text in it")
                throw ExitStatus.data
            }
            let evaluation = try await evaluate(compiled, texts)
            // What cannot be told in one place is told in the other all the same.
            let printed = Result { try output(json ? jsonText(evaluation.object, .prettyPrinted) : evaluation.tables) }
            if let page {
                let html = EvaluationPage(evaluation, policy: policy, data: data, showsText: showText).html
                try page.write(Array(html.utf8))
            }
            try printed.get()
        }
    }

    private func files() throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder) else {
            complain("\(data): error: there is no such file or folder")
            throw ExitStatus.noInput
        }
        guard isFolder.boolValue else { return [data] }
        let names = try FileManager.default.contentsOfDirectory(atPath: data).filter { $0.hasSuffix(".jsonl") }
        return names.sorted().map { "\(data)/\($0)" }
    }

    private func read(_ path: String) throws -> [LabelledText] {
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        var texts = try LabelledText.read(path, .lenient).filter { !$0.text.isEmpty }
        for index in texts.indices where texts[index].source == nil { texts[index].source = name }
        guard let limit, texts.count > limit else { return texts }
        return (0..<limit).map { texts[$0 * texts.count / limit] }
    }

    private func evaluate(_ compiled: PolicyCompiler.Compiled, _ texts: [LabelledText]) async throws -> Evaluation {
        let milliseconds = try await latencies(texts)
        let engine = try model.engine(width: Self.width)
        defer { engine.shutDown() }
        let scorer = TextScorer(engine)
        let clock = ContinuousClock()
        let start = clock.now
        let assessments = try await inParallel(texts, width: Self.width, telling: "scoring") {
            try await scorer.assessment(of: $0.text, role: $0.role, query: $0.query)
        }
        let elapsed = start.duration(to: clock.now)
        return Evaluation(
            rows: zip(texts, assessments).map { text, assessment in
                let matches = compiled.rules.matches(in: [text.segment], phase: text.phase)
                return Evaluation.Row(text: text, assessment: assessment, matches: matches)
            },
            policy: compiled.policy,
            seconds: elapsed / .seconds(1),
            milliseconds: milliseconds.sorted()
        )
    }

    /// Milliseconds of single texts, one at a time, as a caller waits for it. A few are enough for a median.
    ///
    /// They have an engine to themselves: one that had read them would know them again when the time of all texts is taken.
    private func latencies(_ texts: [LabelledText]) async throws -> [Double] {
        let engine = try model.engine()
        defer { engine.shutDown() }
        let scorer = TextScorer(engine)
        let clock = ContinuousClock()
        var latencies: [Double] = []
        for index in stride(from: 0, to: texts.count, by: max(1, texts.count / 50)) {
            let text = texts[index]
            let begin = clock.now
            _ = try await scorer.assessment(of: text.text, role: text.role, query: text.query)
            latencies.append(begin.duration(to: clock.now) / .milliseconds(1))
        }
        return latencies
    }
}

import ArgumentParser
import Foundation
import Gateway
import Guard
import GuardCore
import GuardianModel
import Policy
import PolicyLanguage
import Rules

struct PolicyTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract:
            "Try a policy on texts whose decisions are known, and on harmless texts that nothing may be decided about.",
        discussion: """
            The rules' own tests run first. Cases are YAML files; Policies/README.md describes them. Ends with status 1 if a case \
            or a corpus fails.
            """
    )

    @Argument(help: "The policy file.")
    var file: String

    @Option(help: "A file of cases, or a folder of them (*.yaml).")
    var cases: [String] = []

    @Option(help: "A file of harmless texts: one a line, or JSON lines (.jsonl) with 'text'.")
    var corpus: String?

    @Option(help: "How many texts of --corpus may be decided about.")
    var atMost = 0

    @Option(help: "The weakest action that counts for --corpus: log, rewrite or block.")
    var action = "log"

    @Option(help: "Read only so many texts of --corpus.")
    var lines: Int?

    @Flag(help: "Try the rules alone; the model is not loaded.")
    var rulesOnly = false

    @Flag(help: "Print an object with every case.")
    var json = false

    @OptionGroup var model: ModelOptions

    /// Texts that are judged at once.
    private static let width = 16

    func validate() throws {
        guard Action(rawValue: action) != nil else {
            throw ValidationError("--action is one of \(Action.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        if atMost < 0 || lines.map({ $0 < 1 }) ?? false { throw ValidationError("--at-most and --lines are counts") }
    }

    func run() async throws {
        let report = try await reportingErrors { try await self.report() }
        try output(json ? jsonText(report, .prettyPrinted) : "\(report)")
        if !report.passed { throw ExitCode(1) }
    }

    private func report() async throws -> PolicyTestReport {
        let tried = try TriedPolicy(path: file, rulesOnly: rulesOnly)
        let files = try cases.flatMap(Self.caseFiles).map { try CaseFile.load(path: $0) }
        let engine = rulesOnly ? nil : try model.engine(width: Self.width)
        defer { engine?.shutDown() }
        let trial = PolicyTrial(tried.pipeline(engine))

        var report = PolicyTestReport(policy: tried.policy)
        for file in files {
            let outcomes = try await inParallel(file.cases.map(\.value), width: Self.width, telling: "trying") {
                try await trial.outcome(of: $0)
            }
            for (item, outcome) in zip(file.cases, outcomes) {
                report.cases.append(.init(file: file.file, place: item.place, item: item.value, outcome: outcome))
            }
            let folder = URL(fileURLWithPath: file.file).deletingLastPathComponent()
            for (_, corpus) in file.corpora {
                let path = URL(fileURLWithPath: corpus.file, relativeTo: folder).path
                report.corpora.append(try await Self.result(of: corpus, path: path, trial))
            }
        }
        if let corpus {
            let benign = BenignCorpus(
                file: corpus,
                lines: lines,
                limit: atMost,
                action: Action(rawValue: action) ?? .log
            )
            report.corpora.append(try await Self.result(of: benign, path: corpus, trial))
        }
        return report
    }

    private static func result(
        of corpus: BenignCorpus,
        path: String,
        _ trial: PolicyTrial
    ) async throws -> PolicyTestReport.CorpusResult {
        let texts = try TextCorpus.texts(of: path, limit: corpus.lines)
        let outcomes = try await inParallel(texts, width: width, telling: "trying") {
            try await trial.outcome(of: $0.text, in: corpus)
        }
        let decided = zip(texts, outcomes).filter { $0.1.action.map { $0 >= corpus.action } ?? false }
        return PolicyTestReport.CorpusResult(
            corpus: corpus,
            read: texts.count,
            decisions: decided.map { .init(line: $0.line, outcome: $1) }
        )
    }

    /// The file, or the folder's files by name.
    private static func caseFiles(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".yaml") }.sorted()
        guard !names.isEmpty else {
            complain("\(path): error: the folder holds no *.yaml")
            throw ExitStatus.noInput
        }
        return names.map { "\(path)/\($0)" }
    }
}

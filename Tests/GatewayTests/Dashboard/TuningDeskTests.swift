import Audit
import DecisionStore
import Foundation
import GuardCore
import NIOHTTP1
import Policy
import Testing

@testable import Gateway

@Suite struct TuningDeskTests {
    private let folder: String
    private let store: DecisionStore

    init() throws {
        folder = NSTemporaryDirectory() + "guardian-desk-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(Self.policy.utf8).write(to: URL(fileURLWithPath: folder + "/policy.yaml"))
        store = try DecisionStore(.memory)
        try store.add([
            record("r1", hate: 0.9, action: .block), record("r2", hate: 0.6, action: .block), record("r3", hate: 0.4),
            record("r4", hate: 0.1),
        ])
    }

    private static let policy = """
        version: 1
        name: desk   # the operator's own words
        input:
          others: ignore
          categories:
            hate: {threshold: 0.5, action: block}
        output: ignore

        """

    private func record(_ id: String, hate: Double, action: Action? = nil) -> AuditRecord {
        var scores = CategoryScores()
        scores[.hate] = hate
        return AuditRecord(
            time: .now(),
            requestID: id,
            policy: .init(name: "desk", digest: "00"),
            mode: "enforce",
            dialect: "openai.chat",
            input: .init(
                action: action,
                categories: action == nil ? [] : [.hate],
                scores: Assessment(harm: hate, categories: scores, tokens: 0),
                segmentsScanned: 1,
                segmentsUnscanned: 0
            )
        )
    }

    private func desk(candidate: String? = nil) throws -> TuningDesk {
        let policy = try PolicyCompiler.compile(path: folder + "/policy.yaml").policy
        return TuningDesk(store: store, policy: { policy }, file: folder + "/policy.yaml", candidate: candidate)
    }

    @Test func showsScoresWithTheThresholdsInForce() throws {
        let scores = try desk().scores(AdminQuery("/?phase=input"))
        #expect(scores.names.first == "overall" && scores.names.count == 17)
        #expect(scores.thresholds == ["hate": 0.5])
        #expect(scores.actions == ["hate": "block"])
        let hate = try #require(scores.names.firstIndex(of: "hate"))
        #expect(scores.rows.map { $0.scores[hate] } == [0.1, 0.4, 0.6, 0.9])
        #expect(scores.rows.map(\.action) == ["allow", "allow", "block", "block"])
    }

    @Test func whatTheModelCouldNotJudgeHasNoScoresToShow() throws {
        var failed = record("r5", hate: 0)
        failed.input?.failure = "overloaded"
        try store.add([failed])
        #expect(try desk().scores(AdminQuery("/?phase=input")).rows.count == 4)
        #expect(try desk().preview(.init()).undecided == 1)
    }

    @Test func saysWhatOtherThresholdsWouldHaveDone() throws {
        #expect(try store.mark("r2", phase: .input, as: Mark(isRight: false)))
        #expect(try store.mark("r1", phase: .input, as: Mark(isRight: true)))
        let preview = try desk().preview(.init(input: ["hate": 0.7]))
        #expect(preview.judged == 4 && preview.changed == 1 && preview.undecided == 0)
        #expect(preview.changes.map(\.request) == ["r2"])
        #expect(preview.counts.map { [$0.before, $0.after, "\($0.count)"] }.contains(["block", "allow", "1"]))
        #expect(preview.marked == 2 && preview.rightNow == 1 && preview.rightThen == 2)
    }

    @Test func anOverrideForAPathHoldsForWhatCameThere() throws {
        let override =
            "overrides: [{when: {route: /v1/chat/completions}, then: {input: {categories: {hate: {action: log}}}}}]\n"
        try Data((Self.policy + override).utf8).write(to: URL(fileURLWithPath: folder + "/policy.yaml"))
        var elsewhere = record("r5", hate: 0.9, action: .block)
        elsewhere.route = "/v1/completions"
        var there = record("r6", hate: 0.9, action: .log)
        there.route = "/v1/chat/completions"
        try store.add([elsewhere, there])
        let preview = try desk().preview(.init(input: ["hate": 1]))
        let counts = preview.counts.map { [$0.before, $0.after, "\($0.count)"] }
        #expect(counts == [["allow", "allow", "2"], ["block", "allow", "3"], ["log", "allow", "1"]])
    }

    /// Its threshold was another when these were recorded.
    @Test func whatChangesIsHeldAgainstThePolicyInForce() throws {
        try store.add([record("r5", hate: 0.7), record("r6", hate: 0.2, action: .block)])
        #expect(try store.mark("r5", phase: .input, as: Mark(isRight: false)))
        #expect(try store.mark("r6", phase: .input, as: Mark(isRight: true)))
        let same = try desk().preview(.init())
        #expect(same.judged == 6 && same.changed == 0)
        // The one that was let pass wrongly is found now; the one that was rightly found is not any more.
        #expect(same.marked == 2 && same.rightNow == 1 && same.rightThen == 1)
        let milder = try desk().preview(.init(input: ["hate": 0.8]))
        #expect(milder.changes.map(\.request) == ["r5", "r2"])
        #expect(milder.rightNow == 1 && milder.rightThen == 0)
    }

    @Test func savesBesideTheLivePolicyAndNeverIntoIt() throws {
        let saved = try desk().save(.init(input: ["hate": 0.7]))
        #expect(saved.file == folder + "/policy.candidate.yaml")
        #expect(!saved.isTried)
        let text = try String(contentsOfFile: saved.file, encoding: .utf8)
        #expect(text == Self.policy.replacingOccurrences(of: "0.5", with: "0.7"))
        #expect(try String(contentsOfFile: folder + "/policy.yaml", encoding: .utf8) == Self.policy)
    }

    @Test func savesToTheCandidateThatIsConfigured() throws {
        let saved = try desk(candidate: folder + "/next.yaml").save(.init(input: ["hate": 0.3]))
        #expect(saved.file == folder + "/next.yaml" && saved.isTried)
        #expect(try PolicyCompiler.compile(path: saved.file).policy[threshold: ThresholdKey(.input, .hate)] == 0.3)
    }

    private func write(_ text: String, _ name: String) throws -> String {
        let path = folder + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func aCandidateThatIsThereKeepsItsOwnWords() throws {
        let own = Self.policy.replacingOccurrences(of: "desk   # the operator's own", with: "next  # a candidate's")
        let path = try write(own, "next.yaml")
        _ = try desk(candidate: path).save(.init(input: ["hate": 0.7]))
        #expect(try text(path) == own.replacingOccurrences(of: "0.5", with: "0.7"))
        // The thresholds that are not moved are those in force, not those that were tried before.
        _ = try desk(candidate: path).save(.init())
        #expect(try text(path) == own)
    }

    @Test(arguments: [
        ("block", "log", "input.hate.action"),
        ("others: ignore", "others: {threshold: 0.9, action: log}", "not judged"),
        ("version: 1", "version: 1\nrules: [{id: a, category: hate, match: {keywords: [x]}, action: log}]", "rules.a"),
        ("threshold: 0.5", "threshold: 5", "next.yaml:6:"), ("version: 1", "version: 2", "next.yaml:1:"),
    ])
    func aCandidateThatIsAnotherPolicyStaysAsItIs(old: String, new: String, reason: String) throws {
        let own = Self.policy.replacingOccurrences(of: old, with: new)
        let path = try write(own, "next.yaml")
        let problem = #expect(throws: APIProblem.self) { try desk(candidate: path).save(.init(input: ["hate": 0.7])) }
        #expect(problem?.status == .conflict)
        #expect(problem?.words.hasPrefix("not written: ") == true && problem?.words.contains(reason) == true)
        #expect(try text(path) == own)
    }

    @Test(arguments: [false, true])
    func theLivePolicyIsNotWrittenUnderAnotherName(isLinked: Bool) throws {
        let link = folder + "/link.yaml"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder + "/policy.yaml")
        let path = isLinked ? link : folder + "/policy.yaml"
        let problem = #expect(throws: APIProblem.self) { try desk(candidate: path).save(.init(input: ["hate": 0.7])) }
        #expect(problem?.status == .conflict)
        #expect(problem?.words.contains("is the file of the policy in force") == true)
        #expect(try text(folder + "/policy.yaml") == Self.policy)
    }

    @Test func aThresholdThatOverridesChangeIsSaved() throws {
        let overrides = """
            overrides:
              - {when: {model: strict}, then: {input: {categories: {hate: {threshold: 0.2}}}}}
              - {when: {model: lenient}, then: {input: {categories: {hate: ignore}}}}

            """
        _ = try write(Self.policy + overrides, "policy.yaml")
        let saved = try desk().save(.init(input: ["hate": 0.7]))
        #expect(try text(saved.file) == (Self.policy + overrides).replacingOccurrences(of: "0.5", with: "0.7"))
        // Into the file that is there now, too.
        #expect(try desk().save(.init(input: ["hate": 0.6])).file == saved.file)
        #expect(try text(saved.file) == (Self.policy + overrides).replacingOccurrences(of: "0.5", with: "0.6"))
    }

    /// What is included is looked for from the folder of the file, and the candidate's may be another than the policy's.
    @Test func aCandidateThatWouldNotLoadWhereItStandsIsNotWritten() throws {
        let pack = "version: 1\nrules: [{id: a, category: hate, match: {keywords: [x]}, action: log}]\n"
        try Data(pack.utf8).write(to: URL(fileURLWithPath: folder + "/pack.yaml"))
        try Data((Self.policy + "include: [pack.yaml]\n").utf8).write(to: URL(fileURLWithPath: folder + "/policy.yaml"))
        try FileManager.default.createDirectory(atPath: folder + "/next", withIntermediateDirectories: true)
        let path = folder + "/next/policy.yaml"
        let problem = #expect(throws: APIProblem.self) { try desk(candidate: path).save(.init(input: ["hate": 0.7])) }
        #expect(problem?.status == .conflict)
        #expect(problem.map { "\($0)" }?.contains("pack.yaml") == true)
        #expect(!FileManager.default.fileExists(atPath: path))
        try Data(pack.utf8).write(to: URL(fileURLWithPath: folder + "/next/pack.yaml"))
        #expect(try desk(candidate: path).save(.init(input: ["hate": 0.7])).file == path)
    }

    @Test func aThresholdWithoutAPlaceInTheFileIsSaid() throws {
        #expect(try desk().preview(.init(input: ["privacy": 0.7])).left.keys.sorted() == ["input.privacy"])
    }

    @Test(arguments: [["hatred": 0.5], ["hate": 1.5], ["hate": -0.1]])
    func whatIsNoThresholdIsRefused(_ thresholds: [String: Double]) throws {
        let problem = #expect(throws: APIProblem.self) { try desk().save(.init(input: thresholds)) }
        #expect(problem?.status == .badRequest)
        #expect(!FileManager.default.fileExists(atPath: folder + "/policy.candidate.yaml"))
    }

    @Test func aPolicyFileThatChangedMeanwhileIsNotTakenForTheLiveOne() throws {
        let desk = try desk()
        let other = Self.policy.replacingOccurrences(of: "block", with: "log")
        try Data(other.utf8).write(to: URL(fileURLWithPath: folder + "/policy.yaml"))
        let problem = #expect(throws: APIProblem.self) { try desk.save(.init(input: ["hate": 0.7])) }
        #expect(problem?.status == .conflict)
    }
}

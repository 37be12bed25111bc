import Audit
import Foundation
import Guard
import GuardCore
import Logging
import Policy
import Synchronization
import Testing

@testable import Gateway

/// Never asked: nothing is judged in these tests.
private struct NoModel: SafetyClassifier, SafeguardWriter {
    func classify(_ texts: [ClassifierInput], deadline: ContinuousClock.Instant?) async throws -> [Assessment] {
        throw ClassifierError.failed("no model here")
    }

    func respond(to request: SafeguardRequest, deadline: ContinuousClock.Instant?) async -> SafeguardResponse {
        SafeguardResponse(text: "", origin: .template)
    }
}

@Suite(.timeLimit(.minutes(2))) struct PolicyWatchTests {
    private final class Folder: Sendable {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "guardian-policies-" + UUID().uuidString
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try write("policy.yaml", Folder.policy("first"))
            try write("pack.yaml", Folder.pack("one"))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: path + "/" + name), options: .atomic)
        }

        static func policy(_ name: String) -> String {
            "version: 1\nname: \(name)\ninput: {others: ignore}\noutput: ignore\ninclude: [pack.yaml]\n"
        }

        static func pack(_ id: String) -> String {
            "version: 1\nrules: [{id: \(id), category: hate, match: {keywords: [x]}, action: log}]\n"
        }
    }

    private final class Outcomes: Sendable {
        let seen = Mutex<[CertificateWatch.Outcome]>([])
        var all: [CertificateWatch.Outcome] { seen.withLock { $0 } }

        func wait(for count: Int) async throws {
            for _ in 0..<2000 where all.count < count { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    private func watch(
        _ folder: Folder,
        _ outcomes: Outcomes,
        candidate: Bool = false,
        pause: Duration = .seconds(60),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws -> PolicyWatch {
        try PolicyWatch(
            policy: folder.path + "/policy.yaml",
            candidate: candidate ? folder.path + "/candidate.yaml" : nil,
            classifier: NoModel(),
            writer: NoModel(),
            logger: logger,
            interval: .milliseconds(20),
            pause: pause
        ) { outcome, _ in outcomes.seen.withLock { $0.append(outcome) } }
    }

    /// Puts a pipe in a file's place: whoever reads it waits until the file is back and something else was done, and then reads the rules
    /// of the pack `one`.
    private func whileReading(
        _ name: String,
        in folder: Folder,
        _ work: @escaping @Sendable () throws -> Void
    ) throws {
        let path = folder.path + "/" + name
        try? FileManager.default.removeItem(atPath: path)
        try #require(mkfifo(path, 0o600) == 0)
        Thread.detachNewThread {
            let descriptor = open(path, O_WRONLY)
            do {
                try FileManager.default.removeItem(atPath: path)
                try folder.write(name, Folder.pack("two"))
                try work()
            } catch {
                Issue.record(error)
            }
            Data(Folder.pack("one").utf8).withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
        }
    }

    private func ids(_ watch: PolicyWatch) -> [String] { watch.store.current.base.policy.rules.map(\.id) }

    @Test func `a change of the policy or of what it includes is in force soon`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        let digest = watch.store.current.base.policy.digest
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try folder.write("policy.yaml", Folder.policy("second"))
        try await outcomes.wait(for: 2)
        #expect(watch.store.current.base.policy.name == "second")
        try folder.write("pack.yaml", Folder.pack("two"))
        try await outcomes.wait(for: 3)
        #expect(ids(watch) == ["two"])
        #expect(watch.store.current.base.policy.digest != digest)
        #expect(outcomes.all == [.succeeded, .succeeded, .succeeded])
    }

    @Test func `a broken file leaves the last good policy in force, and is tried once`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        let first = watch.store.current
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try folder.write("pack.yaml", "version: 1\nrules: [{id: broken}]\n")
        try await outcomes.wait(for: 2)
        #expect(outcomes.all == [.succeeded, .failed])
        #expect(watch.store.current === first)
        try folder.write("pack.yaml", Folder.pack("mended"))
        try await outcomes.wait(for: 3)
        #expect(outcomes.all == [.succeeded, .failed, .succeeded])
        #expect(ids(watch) == ["mended"])
    }

    @Test func `a broken file is tried again later, and the same reason is logged once`() async throws {
        let folder = try Folder()
        let (outcomes, errors) = (Outcomes(), ErrorCounter())
        let watch = try watch(folder, outcomes, pause: .milliseconds(50), logger: errors.logger)
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try folder.write("pack.yaml", "version: 1\nrules: [{id: broken}]\n")
        try await outcomes.wait(for: 5)
        #expect(outcomes.all.prefix(5) == [.succeeded, .failed, .failed, .failed, .failed])
        #expect(errors.count == 1)
    }

    @Test func `files that change while they are read first are read again`() throws {
        let folder = try Folder()
        try whileReading("pack.yaml", in: folder) { try folder.write("policy.yaml", Folder.policy("second")) }
        let watch = try watch(folder, Outcomes())
        #expect(watch.store.current.base.policy.name == "second")
        #expect(ids(watch) == ["two"])
    }

    @Test func `files that change while new ones are read beside them are read again`() throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        func policy(_ name: String) -> String { Folder.policy(name).replacing("pack.yaml", with: "other.yaml") }
        let second = policy("second")
        try folder.write("policy.yaml", policy("next"))
        try whileReading("other.yaml", in: folder) { try folder.write("policy.yaml", second) }
        try watch.reload()
        #expect(watch.store.current.base.policy.name == "second")
        #expect(ids(watch) == ["two"])
        #expect(outcomes.all == [.succeeded, .succeeded])
    }

    @Test func `of two readings at once the later one counts`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        try whileReading("pack.yaml", in: folder) {
            try folder.write("policy.yaml", Folder.policy("second"))
            Thread.detachNewThread { try? watch.reload() }
            // Were they at once, it would be over by the end of this.
            for _ in 0..<50 where outcomes.all.count < 2 { usleep(10_000) }
        }
        try watch.reload()
        try await outcomes.wait(for: 3)
        #expect(watch.store.current.base.policy.name == "second")
        #expect(ids(watch) == ["two"])
    }

    @Test func `files that come with a broken change are looked after too`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes)
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try folder.write("policy.yaml", Folder.policy("next").replacing("pack.yaml", with: "missing.yaml"))
        try await outcomes.wait(for: 2)
        try folder.write("missing.yaml", Folder.pack("found"))
        try await outcomes.wait(for: 3)
        #expect(outcomes.all == [.succeeded, .failed, .succeeded])
        #expect(ids(watch) == ["found"])
    }

    @Test func `a broken policy keeps no candidate from being read, nor a broken candidate the policy`() throws {
        let folder = try Folder()
        try folder.write("candidate.yaml", Folder.policy("next"))
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes, candidate: true)
        func names() -> [String?] {
            let current = watch.store.current
            return [current.base.policy.name, current.candidate(for: RequestScope())?.policy.name]
        }
        try folder.write("candidate.yaml", "name: no\n")
        try folder.write("policy.yaml", Folder.policy("second"))
        let error = #expect(throws: GatewayError.self) { try watch.reload() }
        #expect(error.map { "\($0)" }?.contains("candidate.yaml") == true)
        #expect(names() == ["second", "next"])
        #expect(watch.failure == nil)
        #expect(watch.candidateFailure?.contains("candidate.yaml") == true)
        try folder.write("policy.yaml", "name: no\n")
        try folder.write("candidate.yaml", Folder.policy("better"))
        #expect(throws: GatewayError.self) { try watch.reload() }
        #expect(names() == ["second", "better"])
        #expect(watch.failure?.contains("policy.yaml") == true)
        #expect(watch.candidateFailure == nil)
        try folder.write("policy.yaml", Folder.policy("third"))
        try watch.reload()
        #expect(names() == ["third", "better"])
        #expect(watch.failure == nil)
        #expect(outcomes.all == [.succeeded, .failed, .failed, .succeeded])
    }

    @Test func `a broken candidate is refused, and a changed one is read`() throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        try folder.write("candidate.yaml", Folder.policy("next"))
        let watch = try watch(folder, outcomes, candidate: true)
        #expect(watch.store.current.candidate(for: RequestScope())?.policy.name == "next")
        let before = watch.store.current.candidate
        try folder.write("candidate.yaml", "name: no\n")
        #expect(throws: GatewayError.self) { try watch.reload() }
        #expect(watch.store.current.candidate?.policy.name == before?.policy.name)
        #expect(watch.failure == nil && watch.candidateFailure != nil)
        try folder.write("candidate.yaml", Folder.policy("better"))
        try watch.reload()
        #expect(watch.store.current.candidate(for: RequestScope())?.policy.name == "better")
        #expect(watch.candidateFailure == nil)
    }

    @Test func `a candidate that is not there is none until it is, and none again when it is gone`() async throws {
        let folder = try Folder()
        let outcomes = Outcomes()
        let watch = try watch(folder, outcomes, candidate: true)
        func name() -> String? { watch.store.current.candidate?.policy.name }
        #expect(name() == nil)
        let task = Task { await watch.run() }
        defer { task.cancel() }
        try folder.write("candidate.yaml", Folder.policy("next"))
        try await outcomes.wait(for: 2)
        #expect(name() == "next")
        try FileManager.default.removeItem(atPath: folder.path + "/candidate.yaml")
        try await outcomes.wait(for: 3)
        #expect(name() == nil)
        #expect(watch.failure == nil)
        #expect(outcomes.all == [.succeeded, .succeeded, .succeeded])
    }

    @Test func `a candidate that is there and broken is an error at the start`() throws {
        let folder = try Folder()
        try folder.write("candidate.yaml", Folder.policy("next").replacing("pack.yaml", with: "missing.yaml"))
        #expect(throws: GatewayError.self) { try watch(folder, Outcomes(), candidate: true) }
    }

    @Test func `the gauges tell which policy is in force and whether it is stale`() {
        let metrics = GatewayMetrics()
        let (old, new) = (Policy(name: "p", digest: "aa"), Policy(name: "p", digest: "bb"))
        metrics.notePolicy(.succeeded, inForce: old)
        metrics.notePolicy(.failed, inForce: old)
        let stale = metrics.registry.exposition()
        #expect(stale.contains("guardian_policy_stale 1\n"))
        #expect(stale.contains(#"guardian_reloads_total{what="policy",result="failed"} 1"#))
        metrics.notePolicy(.succeeded, inForce: new)
        let fresh = metrics.registry.exposition()
        #expect(fresh.contains("guardian_policy_stale 0\n"))
        #expect(fresh.contains(#"guardian_policy_info{name="p",digest="aa"} 0"#))
        #expect(fresh.contains(#"guardian_policy_info{name="p",digest="bb"} 1"#))
    }
}

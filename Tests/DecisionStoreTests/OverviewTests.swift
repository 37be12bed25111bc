import Audit
import GuardCore
import Testing

@testable import DecisionStore

@Suite struct OverviewTests {
    @Test func countsByStepActionAndCategory() throws {
        let store = try DecisionStore(.memory)
        var unjudged = AuditRecord.sample("r5", at: 130)
        unjudged.input = nil
        try store.add([
            .sample("r0", at: 1, action: .block), .sample("r1", at: 60, action: .block), .sample("r2", at: 70),
            .sample("r3", at: 80), .sample("r4", at: 125, action: .log, category: .privacy), unjudged,
        ])
        let overview = try store.overview(since: AuditTime(millisecondsSinceEpoch: 60_000), step: 60_000)
        #expect(
            overview.steps == [
                .init(time: 60_000, actions: ["block": 1, "allow": 2]),
                .init(time: 120_000, actions: ["log": 1, "none": 1]),
            ]
        )
        #expect(overview.categories == ["hate": 1, "privacy": 1])
        #expect(overview.outcomes == ["safeguarded": 1, "answered": 4])
    }

    @Test func latencyIsByStageAndLeavesOutStagesThatDidNotRun() throws {
        let store = try DecisionStore(.memory)
        try store.add(
            (1...100).map { number in
                var record = AuditRecord.sample("r\(number)", at: 60)
                record.durations = .init(safeguard: number == 7 ? .seconds(2) : nil, total: .milliseconds(number))
                return record
            }
        )
        let overview = try store.overview(since: AuditTime(millisecondsSinceEpoch: 0), step: 60_000)
        #expect(
            overview.latency == [
                .init(stage: "safeguard", count: 1, p50: 2000, p95: 2000, p99: 2000),
                .init(stage: "total", count: 100, p50: 50, p95: 95, p99: 99),
            ]
        )
    }

    @Test func tellsWhatTheCandidateWouldHaveDone() throws {
        let store = try DecisionStore(.memory)
        var record = AuditRecord.sample("r1", at: 60, action: .block)
        record.candidate = .init(
            policy: .init(name: "c", digest: "01"),
            input: .init(action: nil, segmentsScanned: 1, segmentsUnscanned: 0)
        )
        try store.add([record, .sample("r2", at: 61)])
        let (start, trial) = (AuditTime(millisecondsSinceEpoch: 0), CandidateTrial(policy: "00ff", candidate: "01"))
        let overview = try store.overview(since: start, step: 60_000, trial: trial)
        #expect(overview.candidate == [.init(live: "block", candidate: "allow", count: 1)])
        #expect(try store.overview(since: start, step: 60_000).candidate.isEmpty)
    }

    @Test func whatEarlierCandidatesOrPoliciesDecidedIsNotAddedToATrial() throws {
        let store = try DecisionStore(.memory)
        func record(_ id: String, policy: String, candidate: String) -> AuditRecord {
            var record = AuditRecord.sample(id, at: 60, action: .block)
            record.policy.digest = policy
            record.candidate = .init(
                policy: .init(name: "c", digest: candidate),
                input: .init(action: nil, segmentsScanned: 1, segmentsUnscanned: 0)
            )
            return record
        }
        try store.add([
            record("r1", policy: "aa", candidate: "01"), record("r2", policy: "bb", candidate: "01"),
            record("r3", policy: "bb", candidate: "02"), record("r4", policy: "bb", candidate: "02"),
        ])
        let overview = try store.overview(
            since: AuditTime(millisecondsSinceEpoch: 0),
            step: 60_000,
            trial: CandidateTrial(policy: "bb", candidate: "02")
        )
        #expect(overview.candidate == [.init(live: "block", candidate: "allow", count: 2)])
    }

    @Test func whatTheModelCouldNotJudgeIsCountedOfRequestsAndAnswers() throws {
        let store = try DecisionStore(.memory)
        var early = AuditRecord.sample("r1", at: 1)
        early.input?.failure = "deadline"
        var both = AuditRecord.sample("r2", at: 60)
        both.output = both.input
        both.input?.failure = "deadline"
        both.output?.failure = "overloaded"
        var answer = AuditRecord.sample("r3", at: 61)
        answer.output = answer.input
        answer.output?.failure = "deadline"
        try store.add([early, both, answer, .sample("r4", at: 62)])
        let overview = try store.overview(since: AuditTime(millisecondsSinceEpoch: 60_000), step: 60_000)
        #expect(overview.failures == ["deadline": 2, "overloaded": 1])
    }

    @Test func anEmptyStoreHasNothingToShow() throws {
        let overview = try DecisionStore(.memory).overview(since: AuditTime(millisecondsSinceEpoch: 0), step: 0)
        #expect(overview.steps.isEmpty && overview.latency.isEmpty && overview.categories.isEmpty)
    }
}

import Audit
import DecisionStore
import Foundation
import GuardCore
import NIOCore
import NIOHTTP1
import Policy
import Proxy
import Testing

@testable import Gateway

@Suite struct DashboardAPITests {
    private let store: DecisionStore
    private let api: DashboardAPI

    init() throws {
        let store = try DecisionStore(.memory)
        self.store = store
        let desk = TuningDesk(store: store, policy: { Policy(name: "p") }, file: "/nonexistent", candidate: nil)
        api = DashboardAPI(store: store, tuning: desk) {
            GatewayStatus(
                now: 2,
                started: 1,
                ready: true,
                policy: .init(Policy(name: "p", digest: "00"), failure: nil),
                candidate: .init(Policy(name: "c", digest: "02"), failure: nil),
                model: .init(waiting: 0, requests: 0, refused: 0),
                upstream: [],
                records: .init(StoringSink(NoLog(), store: store)),
                connections: 0,
                exchanges: 0
            )
        }
        var record = AuditRecord(
            time: .now(),
            requestID: "r1",
            policy: .init(name: "p", digest: "00"),
            mode: "enforce"
        )
        record.input = .init(
            action: .block,
            categories: [.hate],
            scores: Assessment(harm: 0.9, categories: CategoryScores(), tokens: 1),
            segmentsScanned: 1,
            segmentsUnscanned: 0
        )
        try store.add([record])
    }

    private struct NoLog: AuditSink {
        func record(_ record: AuditRecord) {}
        func flush() {}
        func close() {}
        var statistics: AuditStatistics { AuditStatistics() }
    }

    private func ask(
        _ method: HTTPMethod,
        _ target: String,
        _ body: String = ""
    ) -> (status: HTTPResponseStatus, text: String) {
        let path = target.prefix { $0 != "?" }
        let reply = api.reply(to: method, path: path, query: AdminQuery(target), body: Array(body.utf8))
        guard case .bytes(let bytes) = reply.body else { return (reply.status, "") }
        return (reply.status, String(buffer: bytes))
    }

    @Test func answersEachPath() {
        for path in ["status", "overview?minutes=5", "decisions?action=block", "decisions/r1", "scores?phase=output"] {
            let answer = ask(.GET, path)
            #expect(answer.status == .ok, "\(path): \(answer.text)")
            #expect((try? JSONSerialization.jsonObject(with: Data(answer.text.utf8))) is [String: Any], "\(path)")
        }
    }

    @Test(arguments: ["", "nothing", "decisions/r9", "decisions/r1/mark", "status/more", "decisions//"])
    func otherPathsAreNotFound(_ path: String) {
        let answer = ask(.GET, path)
        #expect(path == "decisions//" ? answer.status == .ok : answer.status == .notFound)
    }

    @Test(arguments: ["decisions?category=hatred", "decisions?since=yesterday", "decisions?until=12:00"])
    func whatCannotBeAskedForIsSaid(_ path: String) {
        let answer = ask(.GET, path)
        #expect(answer.status == .badRequest)
        #expect(answer.text.hasPrefix(#"{"error":"#))
    }

    @Test func onlyTheCandidateThatIsTriedNowIsSetBesideThePolicyInForce() throws {
        for (id, policy, candidate) in [("r2", "00", "01"), ("r3", "00", "02"), ("r4", "ff", "02")] {
            var record = AuditRecord(
                time: .now(),
                requestID: id,
                policy: .init(name: "p", digest: policy),
                mode: "enforce"
            )
            record.input = .init(action: nil, segmentsScanned: 1, segmentsUnscanned: 0)
            record.candidate = .init(
                policy: .init(name: "c", digest: candidate),
                input: .init(action: .block, segmentsScanned: 1, segmentsUnscanned: 0)
            )
            try store.add([record])
        }
        let found = ask(.GET, "decisions?differs=1").text
        #expect(["r2", "r3", "r4"].filter { found.contains("\"\($0)\"") } == ["r3"])
        let overview = ask(.GET, "overview").text
        #expect(overview.contains(#""candidate":[{"candidate":"block","count":1,"live":"allow"}]"#), "\(overview)")
    }

    @Test func marksBecomeCorrections() throws {
        #expect(ask(.POST, "decisions/r1/mark", #"{"phase":"input","right":false}"#).status == .ok)
        let line = ask(.GET, "corrections").text
        #expect(line.hasSuffix("}\n"))
        let label = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(label["request_id"] as? String == "r1")
        #expect(label["harmful"] as? Bool == false)
        #expect((label["scores"] as? [String: Double])?["harm"].map { abs($0 - 0.9) < 1e-6 } == true)
        #expect(ask(.POST, "decisions/r1/mark", #"{"phase":"input","right":null}"#).status == .ok)
        #expect(ask(.GET, "corrections").text.isEmpty)
    }

    @Test(arguments: [
        "", "{", "[]", "null", #"{"phase":"middle","right":true}"#, #"{"right":true}"#,
        #"{"phase":"input","right":"yes"}"#, #"{"phase":"input","right":true,"category":"x"}"#,
    ])
    func marksThatAreNoneAreRefused(_ body: String) {
        #expect(ask(.POST, "decisions/r1/mark", body).status == .badRequest)
    }

    @Test func whatIsNotStoredCannotBeMarked() {
        #expect(ask(.POST, "decisions/r9/mark", #"{"phase":"input","right":true}"#).status == .notFound)
        #expect(ask(.POST, "decisions/r1/mark", #"{"phase":"output","right":true}"#).status == .notFound)
    }

    @Test func aPolicyFileThatIsGoneIsSaidAndNothingIsWritten() {
        let answer = ask(.POST, "candidate", #"{"input":{"hate":0.5}}"#)
        #expect(answer.status == .conflict)
        #expect(answer.text.contains("/nonexistent"))
    }
}

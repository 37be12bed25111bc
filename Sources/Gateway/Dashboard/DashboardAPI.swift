import Audit
import DecisionStore
import Foundation
import GuardCore
import NIOCore
import NIOHTTP1
import Proxy

/// What the dashboard reads and writes, as JSON below `/api/`.
///
/// It shows what the audit records hold and nothing beside it: no text of an exchange, unless the operator has it recorded.
struct DashboardAPI: Sendable {
    let store: DecisionStore
    let tuning: TuningDesk
    let status: @Sendable () -> GatewayStatus

    /// - Parameter path: behind `/api/`.
    func reply(to method: HTTPMethod, path: Substring, query: AdminQuery, body: [UInt8]) -> LocalReply {
        do {
            let parts = path.split(separator: "/")
            switch (method, parts.first, parts.count) {
            case (.GET, "status", 1): return .json(status())
            case (.GET, "overview", 1): return .json(try overview(query))
            case (.GET, "decisions", 1): return .json(try decisions(query))
            case (.GET, "decisions", 2): return try decision(parts[1])
            case (.POST, "decisions", 3) where parts[2] == "mark": return try mark(parts[1], body)
            case (.GET, "scores", 1): return .json(try tuning.scores(query))
            case (.GET, "corrections", 1): return try corrections()
            case (.POST, "preview", 1): return .json(try tuning.preview(try Self.read(body)))
            case (.POST, "candidate", 1): return .json(try tuning.save(try Self.read(body)))
            default: throw APIProblem(.notFound, "there is nothing at this path for this method")
            }
        } catch let problem as APIProblem {
            return .json(["error": problem.words], status: problem.status)
        } catch {
            return .json(["error": "\(error)"], status: .internalServerError)
        }
    }

    private func overview(_ query: AdminQuery) throws -> Overview {
        let minutes = query.integer("minutes", 60, in: 1...60 * 24 * 90)
        let since = AuditTime.now().before(minutes: minutes)
        // About sixty steps, whole minutes from an hour on.
        let step = max(5, minutes >= 60 ? minutes / 60 * 60 : 5)
        return try store.overview(since: since, step: Int64(step) * 1000, trial: trial)
    }

    /// The candidate that is tried now; nil if none is.
    private var trial: CandidateTrial? {
        let now = status()
        return now.candidate.map { CandidateTrial(policy: now.policy.digest, candidate: $0.digest) }
    }

    private struct Decisions: Encodable {
        var decisions: [DecisionSummary]
    }

    private func decisions(_ query: AdminQuery) throws -> Decisions {
        var wanted = DecisionQuery()
        wanted.action = query["action"]
        if let name = query["category"] {
            guard let category = HarmCategory(rawValue: name) else {
                throw APIProblem(.badRequest, "unknown category '\(name)'")
            }
            wanted.category = category
        }
        wanted.tenant = query["tenant"]
        wanted.model = query["model"]
        wanted.requestID = query["request"]
        wanted.since = try time(query, "since")
        wanted.until = try time(query, "until")
        wanted.isMarked = query["marked"] == "1"
        if query["differs"] == "1" {
            guard let trial else { return Decisions(decisions: []) }
            wanted.differsIn = trial
        }
        wanted.before = query["before"].flatMap { Int64($0) }
        wanted.limit = query.integer("limit", 50, in: 1...500)
        return Decisions(decisions: try store.decisions(wanted))
    }

    private func time(_ query: AdminQuery, _ name: String) throws -> AuditTime? {
        guard let text = query[name] else { return nil }
        guard let time = AuditTime(rfc3339: text) else {
            throw APIProblem(.badRequest, "'\(name)' must be a time such as 2026-01-31T08:00:00Z, or a day")
        }
        return time
    }

    /// The record as it was written: it is JSON already.
    private func decision(_ requestID: Substring) throws -> LocalReply {
        guard let record = try store.record(of: String(requestID)) else {
            throw APIProblem(.notFound, "no decision about a request of this id is stored")
        }
        return .text(record, type: "application/json")
    }

    private struct MarkRequest: Decodable {
        var phase: Phase
        /// null takes back what was said.
        var right: Bool?
        var category: HarmCategory?
    }

    private func mark(_ requestID: Substring, _ body: [UInt8]) throws -> LocalReply {
        let wanted: MarkRequest = try Self.read(body)
        let mark = wanted.right.map { Mark(isRight: $0, category: wanted.category) }
        guard try store.mark(String(requestID), phase: wanted.phase, as: mark) else {
            throw APIProblem(.notFound, "no decision about this phase of a request of this id is stored")
        }
        return .json(["marked": mark != nil])
    }

    /// What was marked, as `guardian tune --corrections` reads it.
    private func corrections() throws -> LocalReply {
        var lines = ""
        for phase in Phase.allCases {
            let marked = try store.scored(phase: phase, since: .distantPast, limit: 1_000_000, onlyMarked: true)
            for decision in marked {
                guard let label = MarkedLabel(decision, phase: phase) else { continue }
                lines += String(decoding: try LocalReply.encoder.encode(label), as: UTF8.self) + "\n"
            }
        }
        return .text(lines, type: "application/x-ndjson")
    }

    static func read<Value: Decodable>(_ body: [UInt8]) throws -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: Data(body))
        } catch {
            throw APIProblem(.badRequest, "the body is not what this path takes: \(error)")
        }
    }
}

/// Why a request to the API is not answered.
struct APIProblem: Error {
    var status: HTTPResponseStatus
    var words: String

    init(_ status: HTTPResponseStatus, _ words: String) {
        self.status = status
        self.words = words
    }
}

extension AuditTime {
    static let distantPast = AuditTime(millisecondsSinceEpoch: 0)

    func before(minutes: Int) -> AuditTime {
        AuditTime(millisecondsSinceEpoch: millisecondsSinceEpoch - Int64(minutes) * 60_000)
    }
}

extension LocalReply {
    static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }

    static func json(_ value: some Encodable, status: HTTPResponseStatus = .ok) -> LocalReply {
        guard let data = try? encoder.encode(value) else {
            return .text("{\"error\":\"the answer cannot be written as JSON\"}", status: .internalServerError)
        }
        return .text(String(decoding: data, as: UTF8.self), status: status, type: "application/json")
    }
}

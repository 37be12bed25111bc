import Foundation
import PolicyLanguage

/// What `guardian top` shows.
struct TopScreen {
    struct Status: Decodable {
        struct Policy: Decodable {
            var name: String
            var mode: String
            var failure: String?
        }

        struct Model: Decodable {
            var waiting: Int
            var requests: Int
            var refused: Int
            var batch: Double?
            var prefixHits: Double?
        }

        struct Server: Decodable {
            var name: String
            var condition: String
            var busy: Int
            var idle: Int
            var waiting: Int
        }

        struct Records: Decodable {
            var written: Int
            var dropped: Int
            var failed: Int
            var queued: Int
        }

        var now: Int64
        var started: Int64
        var ready: Bool
        var policy: Policy
        var candidate: Policy?
        var candidateFailure: String?
        var model: Model
        var upstream: [Server]
        var records: Records
        var connections: Int
        var exchanges: Int
        var memory: Int?
    }

    struct Overview: Decodable {
        struct Step: Decodable {
            var actions: [String: Int]
        }

        struct Latency: Decodable {
            var stage: String
            var p50: Double
            var p95: Double
            var p99: Double
        }

        var steps: [Step]
        var categories: [String: Int]
        var latency: [Latency]
    }

    var status: Status
    var overview: Overview
    var minutes: Int

    var text: String {
        let blocks = [head, actions, latency, found, upstream, tail]
        return blocks.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var head: String {
        let seconds = (status.now - status.started) / 1000
        let up = "\(seconds / 86_400)d \(seconds / 3600 % 24)h \(seconds / 60 % 60)m"
        var words = "Guardian: policy \(status.policy.name), \(status.policy.mode); "
        words += status.ready ? "ready" : "draining"
        words += ", up \(up), \(status.connections) connections, \(status.exchanges) exchanges under way"
        if let memory = status.memory { words += ", \(memory >> 20) MiB" }
        if status.policy.failure != nil { words += "\nThe policy file is broken: the last good one is in force." }
        if status.candidateFailure != nil {
            let rest = status.candidate == nil ? "none is tried" : "the last good one is tried"
            words += "\nThe candidate's file is broken: \(rest)."
        }
        return words
    }

    private var actions: String {
        var sums: [String: Int] = [:]
        for step in overview.steps { sums.merge(step.actions, uniquingKeysWith: +) }
        let all = sums.values.reduce(0, +)
        let parts = ["block", "rewrite", "log", "allow"].map { "\(sums[$0] ?? 0) \($0)" }
        return "last \(minutes) min: \(all) exchanges: \(parts.joined(separator: ", "))"
    }

    private var latency: String {
        guard !overview.latency.isEmpty else { return "" }
        let rows = overview.latency.map { [$0.stage, Self.number($0.p50), Self.number($0.p95), Self.number($0.p99)] }
        return TextTable(header: ["ms", "50 %", "95 %", "99 %"], rows: rows).description
    }

    private var found: String {
        let sorted = overview.categories.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(8)
        guard !sorted.isEmpty else { return "" }
        return "found: " + sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    }

    private var upstream: String {
        let rows = status.upstream.map { [$0.name, $0.condition, "\($0.busy)", "\($0.idle)", "\($0.waiting)"] }
        return TextTable(header: ["upstream", "", "busy", "idle", "waiting"], rows: rows).description
    }

    private var tail: String {
        let model = status.model
        var words = "model: \(model.requests) under way, \(model.waiting) waiting, \(model.refused) refused"
        if let batch = model.batch { words += ", \(Self.number(batch)) texts a step" }
        if let hits = model.prefixHits { words += ", \(Self.number(100 * hits)) % of tokens from the prefix cache" }
        let records = status.records
        words += "\nrecords: \(records.written) written, \(records.queued) waiting, \(records.dropped) dropped, "
        return words + "\(records.failed) failed"
    }

    private static func number(_ value: Double) -> String {
        let digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
        return String(format: "%.\(digits)f", locale: Locale(identifier: "en_US_POSIX"), value)
    }
}

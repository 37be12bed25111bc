import Foundation
import Guard
import GuardCore
import Policy

/// Reads audit records as `PolicyReplay` takes them.
enum AuditLogReader {
    /// Calls `body` with each phase of each record, in the order they were written.
    ///
    /// - Throws: an exit status, the reason told on standard error with the line.
    static func forEachEntry(of paths: [String], _ body: (PolicyReplay.Entry) -> Void) throws {
        let decoder = JSONDecoder()
        try RecordedLines.forEach(of: paths) { place, line in
            guard let record = try? decoder.decode(Record.self, from: Data(line)) else {
                complain("\(place): error: not an audit record")
                throw ExitStatus.data
            }
            // The log's own lines are about no exchange.
            guard record.event ?? "exchange" == "exchange" else { return }
            for phase in Phase.allCases {
                if let entry = record.entry(phase) { body(entry) }
            }
        }
    }

    private struct Record: Decodable {
        var event: String?
        var requestID: String?
        var tenant: String?
        /// The path of the request; of models' paths, a pattern with `{model}` in it: what an override says of a path with
        /// a model's name in it cannot be told from a record.
        var route: String?
        var dialect: String?
        var model: String?
        var input: PhaseRecord?
        var output: PhaseRecord?
        var content: Content?

        private enum CodingKeys: String, CodingKey {
            case requestID = "request_id"
            case event, tenant, route, dialect, model, input, output, content
        }

        func entry(_ phase: Phase) -> PolicyReplay.Entry? {
            guard let record = phase == .input ? input : output else { return nil }
            return PolicyReplay.Entry(
                requestID: requestID ?? "",
                phase: phase,
                scope: RequestScope(routes: [route, dialect].compactMap { $0 }, model: model, tenant: tenant),
                action: Action(rawValue: record.action),
                scores: record.scores.map(Self.assessment),
                rules: Set(record.findings.compactMap(\.rule)),
                isFailure: record.isFailure,
                texts: content.flatMap { phase == .input ? $0.input : $0.output }
            )
        }

        private static func assessment(_ scores: [String: Double]) -> Assessment {
            Assessment(
                harm: scores["harm"] ?? 0,
                categories: CategoryScores(HarmCategory.allCases.map { scores[$0.rawValue] ?? 0 }),
                tokens: 0
            )
        }
    }

    private struct PhaseRecord: Decodable {
        var action: String
        var findings: [Finding]
        var scores: [String: Double]?
        var failure: String?

        /// Whether the model could not judge, whatever followed from that.
        var isFailure: Bool { failure != nil || findings.contains { $0.source == "failure" } }
    }

    private struct Finding: Decodable {
        var source: String
        var rule: String?
    }

    /// Neither is there where the texts are sealed.
    private struct Content: Decodable {
        var input: [String]?
        var output: [String]?
    }
}

import Foundation
import Guard
import GuardCore
import Policy

/// Reads audit records as `PolicyReplay` takes them.
enum AuditLogReader {
    /// - Throws: an exit status, the reason told on standard error with the line.
    static func entries(of path: String) throws -> [PolicyReplay.Entry] {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): error: the file cannot be read")
            throw ExitStatus.noInput
        }
        var entries: [PolicyReplay.Entry] = []
        let decoder = JSONDecoder()
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let record = try? decoder.decode(Record.self, from: line) else {
                complain("\(path):\(index + 1): error: not an audit record")
                throw ExitStatus.data
            }
            // The log's own lines are about no exchange.
            guard record.event ?? "exchange" == "exchange" else { continue }
            for phase in Phase.allCases {
                if let entry = record.entry(phase) { entries.append(entry) }
            }
        }
        return entries
    }

    private struct Record: Decodable {
        var event: String?
        var requestID: String?
        var dialect: String?
        var model: String?
        var input: PhaseRecord?
        var output: PhaseRecord?
        var content: Content?

        private enum CodingKeys: String, CodingKey {
            case requestID = "request_id"
            case event, dialect, model, input, output, content
        }

        func entry(_ phase: Phase) -> PolicyReplay.Entry? {
            guard let record = phase == .input ? input : output else { return nil }
            return PolicyReplay.Entry(
                requestID: requestID ?? "",
                phase: phase,
                scope: RequestScope(routes: [dialect].compactMap { $0 }, model: model),
                action: Action(rawValue: record.action),
                scores: record.scores.map(Self.assessment),
                rules: Set(record.findings.compactMap(\.rule)),
                isFailure: record.findings.contains { $0.source == "failure" },
                texts: content.map { phase == .input ? $0.input : $0.output }
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
    }

    private struct Finding: Decodable {
        var source: String
        var rule: String?
    }

    private struct Content: Decodable {
        var input: [String]
        var output: [String]
    }
}

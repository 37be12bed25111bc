import Foundation
package import GuardCore

/// Which records somebody wants to see.
package struct AuditQuery: Sendable {
    /// Not before this time.
    package var since: AuditTime?
    /// Before this time.
    package var until: AuditTime?
    /// Found in the request or in the answer.
    package var category: HarmCategory?
    /// Decided about the request or about the answer: `allow`, `log`, `rewrite` or `block`.
    package var action: String?
    package var tenant: String?
    package var requestID: String?
    /// At the most so many, the newest.
    package var limit: Int?

    package init() {}

    /// A record that was found.
    package struct Match: Sendable {
        /// The line as it stands in the file, without its line feed.
        package var line: String
        package var record: Record
    }

    /// What of a record is shown and asked for.
    package struct Record: Sendable, Decodable {
        package struct Phase: Sendable, Decodable {
            package struct Finding: Sendable, Decodable {
                package var category: String
                package var source: String
                package var rule: String?
                package var score: Double?
                package var threshold: Double?
            }

            package var action: String
            package var categories: [String]
            package var findings: [Finding]
            package var failure: String?
        }

        package struct Durations: Sendable, Decodable {
            package var total: Double?
        }

        package var event: String
        package var time: String
        package var requestID: String
        package var tenant: String?
        package var outcome: String
        package var dialect: String?
        package var model: String?
        package var input: Phase?
        package var output: Phase?
        package var status: Int?
        package var error: String?
        package var durations: Durations?

        private enum CodingKeys: String, CodingKey {
            case event, time, tenant, outcome, dialect, model, input, output, status, error
            case requestID = "request_id"
            case durations = "durations_ms"
        }
    }

    package struct Result: Sendable {
        package var matches: [Match] = []
        /// Records that were looked at.
        package var records = 0
        /// Lines that are no records of this gateway.
        package var unreadable = 0
    }

    /// Looks through files, in the order of their first lines' times.
    ///
    /// - Throws: `AuditFileError` if one cannot be read.
    package func run(_ paths: [String]) throws(AuditFileError) -> Result {
        var result = Result()
        for path in try LogOrder.byTime.applied(to: paths) {
            var lines = try LogLines(path: path)
            while let line = try lines.next() {
                guard line.bytes.starts(with: Self.prefix) else {
                    // The log's own events are no records; what is no event at all is worth a word.
                    if ChainLink.read(line.bytes) == nil { result.unreadable += 1 }
                    continue
                }
                guard let record = try? JSONDecoder().decode(Record.self, from: Data(line.bytes)) else {
                    result.unreadable += 1
                    continue
                }
                result.records += 1
                guard matches(record) else { continue }
                result.matches.append(Match(line: String(decoding: line.bytes, as: UTF8.self), record: record))
                // Twice the limit, so that the oldest go in bulk.
                if let limit, result.matches.count / 2 >= max(limit, 512) {
                    result.matches.removeFirst(result.matches.count - limit)
                }
            }
        }
        if let limit { result.matches = result.matches.suffix(max(0, limit)) }
        return result
    }

    private static let prefix = Array(#"{"event":"exchange""#.utf8)

    func matches(_ record: Record) -> Bool {
        if since != nil || until != nil {
            guard let time = AuditTime(rfc3339: record.time) else { return false }
            if let since, time < since { return false }
            if let until, time >= until { return false }
        }
        if let requestID, record.requestID != requestID { return false }
        if let tenant, record.tenant != tenant { return false }
        let phases = [record.input, record.output].compactMap { $0 }
        if category != nil || action != nil {
            // Both have to hold of one phase: a blocked answer and a harmful request are two things.
            return phases.contains { phase in
                (category.map { phase.categories.contains($0.rawValue) } ?? true)
                    && (action.map { phase.action == $0 } ?? true)
            }
        }
        return true
    }
}

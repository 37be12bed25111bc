import Audit
import DecisionStore
import Foundation
import TLS

/// What the gateway kept of a soak, once it has ended, held against what its callers were answered.
struct SoakAccounts {
    /// Lines of the log that are about exchanges, each with an identifier of its own.
    private(set) var records = 0
    /// Answers whose record is not in the log.
    private(set) var lostRecords = 0
    /// Records that the log has more than once.
    private(set) var doubled = 0
    /// Records of the log that the store has not.
    private(set) var lostDecisions = 0
    /// Records of the log that name a span which never came.
    private(set) var lostSpans = 0
    private(set) var log: AuditVerification.Report

    /// - Parameters:
    ///   - answered: `x-request-id` of every answer that a caller had the head of.
    ///   - files: of the log, in any order.
    ///   - store: the SQLite file.
    /// - Throws: `AuditFileError`, `StoreError`.
    init(answered: Set<String>, files: [String], store: String, spans: SpanReceiver.Received) throws {
        log = try AuditVerification(hash: { try Digest.sha256Hex(of: $0) }).verify(files)
        let decisions = try DecisionStore(.file(store))
        var missing = answered
        var seen: Set<String> = []
        for path in files {
            var lines = try LogLines(path: path)
            while let line = try lines.next() {
                let head = LineHead(line.bytes)
                guard head.event == "exchange", let id = head.requestID else { continue }
                records += 1
                if !seen.insert(id).inserted { doubled += 1 }
                missing.remove(id)
                if try decisions.record(of: id) == nil { lostDecisions += 1 }
                if let span = head.spanID.flatMap({ UInt64($0, radix: 16) }), !spans.exchanges.contains(span) {
                    lostSpans += 1
                }
            }
        }
        lostRecords = missing.count
    }

    var isComplete: Bool {
        lostRecords == 0 && doubled == 0 && lostDecisions == 0 && lostSpans == 0 && log.isWhole && log.lost == 0
    }

    var figures: [Figure] {
        [
            Figure("soak.records", unit: "1", [Double(records)]),
            Figure("soak.lost_records", unit: "1", [Double(lostRecords)]),
            Figure("soak.doubled_records", unit: "1", [Double(doubled)]),
            Figure("soak.lost_decisions", unit: "1", [Double(lostDecisions)]),
            Figure("soak.lost_spans", unit: "1", [Double(lostSpans)]),
            Figure("soak.log_files", unit: "1", [Double(log.files)]),
            Figure("soak.log_lines", unit: "1", [Double(log.lines)]),
            Figure("soak.log_breaks", unit: "1", [log.isWhole ? 0 : 1]),
        ]
    }
}

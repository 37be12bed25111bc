import ArgumentParser
import Audit
import Foundation
import GuardCore
import TLS

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check and search audit files.",
        subcommands: [Verify.self, Query.self]
    )

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no line was changed, removed or put in.",
            discussion: """
                Files are put in order by the numbers of their first lines; with --allow-restarts by the times, for each chain has numbers of \
                its own. The first line that breaks the chain is named, and the exit status is 65. A chain shows changes by those who \
                cannot write it anew; --public-key asks for the signatures of those who can, and tells of lines that none speaks for. Lines \
                that a collector got twice are passed over with --allow-restarts.
                """
        )

        @Argument(help: "Audit files, those put away and the present one, in gzip or plain.")
        var files: [String]

        @Option(
            help:
                "A PEM file with the Ed25519 public key that checkpoints must be signed by; may be given several times, and any of them will do."
        )
        var publicKey: [String] = []

        @Flag(help: "Let a new chain begin in the middle, as it does in what standard output or syslog collected.")
        var allowRestarts = false

        @Flag(help: "Print a JSON object.")
        var json = false

        private func verifyingKey(_ path: String) throws -> Ed25519.VerifyingKey {
            do throws(TLSError) {
                return try Ed25519.VerifyingKey(path: path)
            } catch {
                complain("\(error)")
                throw ExitStatus.noInput
            }
        }

        func run() throws {
            let keys = try publicKey.map(verifyingKey)
            var check: AuditVerification.SignatureCheck?
            if !keys.isEmpty {
                check = { signature, message in
                    keys.contains { $0.isSignature(hexadecimal: signature, of: message) }
                }
            }
            let hash: AuditHash = { bytes in try Digest.sha256Hex(of: bytes) }
            let verification = AuditVerification(hash: hash, allowsRestarts: allowRestarts, check: check)
            let report = try reading { () throws(AuditFileError) in try verification.verify(files) }
            try output(json ? jsonText(report, keys: .convertToSnakeCase) : report.text)
            if let problem = report.problem {
                if !json { complain("\(problem)") }
                throw ExitStatus.data
            }
        }
    }

    struct Query: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find records.",
            discussion: """
                Files are put in order by the times of their first lines. A category and an action given together have to hold of the \
                same phase, the request or the answer.
                """
        )

        @Argument(help: "Audit files, in gzip or plain.")
        var files: [String]

        @Option(help: "Records from this time on: RFC 3339, or a day.")
        var since: String?

        @Option(help: "Records before this time.")
        var until: String?

        @Option(help: "Records in which this category was found.")
        var category: String?

        @Option(help: "Records in which this was decided: allow, log, rewrite or block.")
        var action: String?

        @Option(help: "Records of this tenant.")
        var tenant: String?

        @Option(help: "The record of this x-request-id.")
        var requestID: String?

        @Option(help: "At the most so many records, the newest.")
        var limit: Int?

        @Flag(help: "Print the records as they are, one JSON line each.")
        var json = false

        func validate() throws {
            for time in [since, until] {
                if let time, AuditTime(rfc3339: time) == nil {
                    throw ValidationError("'\(time)' is no time: write 2026-11-29 or 2026-11-29T08:30:00Z")
                }
            }
            if let category, HarmCategory(rawValue: category) == nil {
                throw ValidationError("'\(category)' is no category: see guardian policy explain")
            }
            if let action, action != "allow", Action(rawValue: action) == nil {
                throw ValidationError("'\(action)' is no action: it is one of allow, log, rewrite, block")
            }
            if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
        }

        func run() throws {
            var query = AuditQuery()
            query.since = since.flatMap(AuditTime.init(rfc3339:))
            query.until = until.flatMap(AuditTime.init(rfc3339:))
            query.category = category.flatMap(HarmCategory.init(rawValue:))
            query.action = action
            query.tenant = tenant
            query.requestID = requestID
            query.limit = limit
            let asked = query
            let result = try reading { () throws(AuditFileError) in try asked.run(files) }
            for match in result.matches { try output(json ? match.line : match.record.text) }
            if !json { try output("\(result.matches.count) of \(result.records) records") }
            if result.unreadable > 0 { complain("\(result.unreadable) lines are no records of this gateway") }
        }
    }
}

extension AuditVerification.Report {
    /// For people.
    fileprivate var text: String {
        var words = "\(lines) lines in \(files) file\(files == 1 ? "" : "s")"
        if repeated > 0 { words += ", \(repeated) more that came twice" }
        if let first, let last { words += ", numbers \(first) to \(last)" }
        if let first, first > 1 { words += " (earlier files are not here)" }
        words += "; \(checkpoints) checkpoints"
        if verifiedCheckpoints > 0 {
            words += ", \(verifiedCheckpoints) signatures checked, \(unsigned - unsignedAtStart) lines after the last"
            if unsignedChains > 0 { words += " of their chain, \(unsignedChains) chains before the last end so" }
            if unsignedAtStart > 0 {
                words += "; no checkpoint speaks for \(unsignedAtStart) lines before a start of the gateway"
                words += " (it was killed, or others wrote them)"
            }
        }
        if lost > 0 { words += "; the gateway says it lost \(lost) records" }
        return isWhole ? words + ": whole" : "whole up to there: " + words
    }
}

extension AuditQuery.Record {
    /// One line for people: when, which request, what was decided and why, how it ended.
    fileprivate var text: String {
        var parts = [time, requestID, dialect ?? "-", outcome, status.map(String.init) ?? "-"]
        for (name, phase) in [("input", input), ("output", output)] {
            guard let phase else { continue }
            let reasons = phase.findings.map { finding in
                let source =
                    finding.rule
                    ?? finding.score.map { "\($0)>=\(finding.threshold ?? 0)" } ?? finding.source
                return "\(finding.category)(\(source))"
            }
            parts.append("\(name)=\(phase.action)" + (reasons.isEmpty ? "" : ":" + reasons.joined(separator: ",")))
            if let failure = phase.failure { parts.append("\(name)_failure=\(failure)") }
        }
        if let error { parts.append("error=\(error)") }
        if let total = durations?.total { parts.append("\(total)ms") }
        return parts.joined(separator: " ")
    }
}

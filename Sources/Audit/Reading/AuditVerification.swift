import Foundation

/// Checks the chain of a log over all its files, line by line, up to the first line that breaks it.
package struct AuditVerification: Sendable {
    /// What a log holds as far as it is whole.
    package struct Report: Sendable, Equatable, Encodable {
        package var files = 0
        package var lines = 0
        /// Lines that came once more and are not among these: a collector gets some twice if its answer is lost.
        package var repeated = 0
        /// The number of the first line and of the last that was checked; nil if there is none.
        package var first: UInt64?
        package var last: UInt64?
        /// Chains that begin in the files: more than one only where that is allowed.
        package var chains = 0
        /// Signed checkpoints, and how many of them the given keys were checked against.
        package var checkpoints = 0
        package var verifiedCheckpoints = 0
        /// Lines that no verified checkpoint speaks for, nothing but the chain: those after the last one of their chain, and those
        /// before a start.
        package var unsigned = 0
        /// Those of them that stood before a line that says that the gateway began to write. When it ends it signs, so these
        /// it wrote before it was killed, or somebody else did.
        package var unsignedAtStart = 0
        /// Chains that end in such lines, but for the last one, which may still go on.
        package var unsignedChains = 0
        /// Records that the gateway itself says it lost.
        package var lost = 0
        /// The first line that breaks the chain; nil if none does.
        package var problem: Problem?

        package var isWhole: Bool { problem == nil }
    }

    /// The first broken line.
    package struct Problem: Sendable, Equatable, Encodable, CustomStringConvertible {
        package var file: String
        /// From 1; 0 if the file as a whole is meant.
        package var line: Int
        package var found: String
        package var expected: String

        package var description: String {
            "\(file):\(line): broken: \(found); expected \(expected)"
        }
    }

    /// Whether a signature, in hexadecimal digits, of these bytes is that of one of the operator's keys.
    package typealias SignatureCheck = @Sendable (_ signature: String, _ message: [UInt8]) -> Bool

    private let hash: AuditHash
    private let check: SignatureCheck?
    /// Whether a chain may begin in the middle: standard output and syslog begin a new one with each process.
    private let allowsRestarts: Bool

    package init(hash: @escaping AuditHash, allowsRestarts: Bool = false, check: SignatureCheck? = nil) {
        self.hash = hash
        self.allowsRestarts = allowsRestarts
        self.check = check
    }

    /// Reads files in the order of their first lines' numbers; of their times where a chain may begin in the middle, for its numbers
    /// then say nothing about those of another. A file that goes on where the one before ends is read next.
    ///
    /// - Throws: `AuditFileError` if one cannot be read.
    package func verify(_ paths: [String]) throws(AuditFileError) -> Report {
        var report = Report()
        var last: (link: ChainLink, place: String)?
        var recent = RecentLinks()
        // Of the chain that is being read.
        var unsigned = 0
        let order: LogOrder = allowsRestarts ? .byTime : .byNumber
        var files = try order.files(of: paths)
        while !files.isEmpty {
            // Times may be out of order within a chain, for a record's is that of its request's head.
            let following = last.flatMap { last in files.firstIndex { $0.first?.previous == last.link.hash } }
            let path = files.remove(at: following ?? 0).path
            report.files += 1
            var lines = try LogLines(path: path)
            while let line = try next(of: &lines, path, &report) {
                let place = "\(path):\(line.number)"
                if let (found, expected) = damage(of: line) {
                    report.problem = Problem(file: path, line: line.number, found: found, expected: expected)
                    return report
                }
                guard let link = ChainLink.read(line.bytes)?.link else { continue }
                if allowsRestarts, link.previous != last?.link.hash, recent.contains(link) {
                    report.repeated += 1
                    continue
                }
                if let (found, expected) = gap(before: link, after: last, report: &report) {
                    report.problem = Problem(file: path, line: line.number, found: found, expected: expected)
                    return report
                }
                if link.isFirst {
                    // A checkpoint speaks for its own chain only.
                    if unsigned > 0 { report.unsignedChains += 1 }
                    unsigned = 0
                }
                report.lines += 1
                report.unsigned += 1
                unsigned += 1
                report.first = report.first ?? link.sequence
                report.last = link.sequence
                if let (found, expected) = signatureProblem(of: line.bytes, link, &unsigned, &report) {
                    report.problem = Problem(file: path, line: line.number, found: found, expected: expected)
                    return report
                }
                last = (link, place)
                if allowsRestarts { recent.append(link) }
            }
            if !report.isWhole { return report }
        }
        if check != nil, report.verifiedCheckpoints == 0 {
            report.problem = Problem(
                file: paths.first ?? "-",
                line: 0,
                found: "no checkpoint is signed by a given key",
                expected: "at least one"
            )
        }
        return report
    }

    /// The next line; nil at the end, and where the file is damaged, which is a break of the chain like any other.
    private func next(
        of lines: inout LogLines,
        _ path: String,
        _ report: inout Report
    ) throws(AuditFileError) -> LogLines.Line? {
        do throws(AuditFileError) {
            return try lines.next()
        } catch {
            guard case .damaged(let failure) = error.place else { throw error }
            report.problem = Problem(
                file: path,
                line: lines.passed + 1,
                found: "\(failure)",
                expected: "the file as it was compressed: restore it from a copy"
            )
            return nil
        }
    }

    /// What is wrong with a line by itself.
    private func damage(of line: LogLines.Line) -> (found: String, expected: String)? {
        guard line.isEnded else {
            return (
                "the line ends after \(line.bytes.count) bytes", "a whole line: the gateway was killed, or writes now"
            )
        }
        guard let (link, sealable) = ChainLink.read(line.bytes) else {
            return ("the line has no link of a chain", "a line that ends in \"chain\":{\"seq\",\"prev\",\"hash\"}")
        }
        guard let digest = try? hash(sealable) else {
            return ("the hash cannot be computed", "a system that can")
        }
        guard digest == link.hash else {
            return ("its bytes have the hash \(digest), so the line was changed", "its own hash \(link.hash)")
        }
        return nil
    }

    /// What is wrong with a line's place behind the one before.
    private func gap(
        before link: ChainLink,
        after last: (link: ChainLink, place: String)?,
        report: inout Report
    ) -> (found: String, expected: String)? {
        guard let last else {
            if link.isFirst { report.chains += 1 }
            if link.sequence == 0 { return ("it is number 0", "a number from 1") }
            return nil
        }
        if link.isFirst, allowsRestarts {
            report.chains += 1
            return nil
        }
        let (next, isOver) = last.link.sequence.addingReportingOverflow(1)
        guard !isOver, link.sequence == next else {
            return ("it is number \(link.sequence)", "\(next), the one after \(last.place): lines are missing or moved")
        }
        guard link.previous == last.link.hash else {
            return (
                "it follows a line with the hash \(link.previous)",
                "\(last.link.hash), that of \(last.place): one of the two was replaced"
            )
        }
        return nil
    }

    private struct CheckpointLine: Decodable {
        struct Checkpoint: Decodable {
            var seq: UInt64
            var hash: String
            var signature: String
        }
        var event: String
        var checkpoint: Checkpoint?
        var records: Int?
    }

    /// Checks a checkpoint, and counts what lines say about the log itself.
    ///
    /// - Parameters:
    ///   - link: the line's own.
    ///   - unsigned: lines of its chain that no checkpoint speaks for, this one among them.
    private func signatureProblem(
        of line: [UInt8],
        _ link: ChainLink,
        _ unsigned: inout Int,
        _ report: inout Report
    ) -> (found: String, expected: String)? {
        // Records of exchanges are most of a log; only the others have to be read as JSON.
        guard !line.starts(with: Array(#"{"event":"exchange""#.utf8)),
            let event = try? JSONDecoder().decode(CheckpointLine.self, from: Data(line))
        else { return nil }
        if event.event == "lost" { report.lost += max(0, event.records ?? 0) }
        if event.event == "started", check != nil {
            // A checkpoint of this run covers them all the same, and says no more of them than that they were there.
            report.unsignedAtStart += unsigned - 1
            unsigned = 1
        }
        guard event.event == "checkpoint", let checkpoint = event.checkpoint else { return nil }
        report.checkpoints += 1
        // Its own link names the line before, which need not be here. No line is number 0, so this does not overflow.
        guard checkpoint.seq == link.sequence - 1, checkpoint.hash == link.previous else {
            return ("the checkpoint is of line \(checkpoint.seq)", "that of line \(link.sequence - 1) and its hash")
        }
        guard let check else { return nil }
        let message = AuditSigner.message(sequence: checkpoint.seq, hash: checkpoint.hash)
        guard check(checkpoint.signature, message) else {
            return ("the checkpoint's signature is that of no given key", "that of one of them")
        }
        report.verifiedCheckpoints += 1
        report.unsigned -= unsigned
        unsigned = 0
        return nil
    }
}

/// The links of the lines that were read last, as many as go to a collector together.
private struct RecentLinks {
    private static let most = 512
    private var links: [ChainLink] = []
    private var oldest = 0

    func contains(_ link: ChainLink) -> Bool { links.contains(link) }

    mutating func append(_ link: ChainLink) {
        guard links.count == Self.most else { return links.append(link) }
        links[oldest] = link
        oldest = (oldest + 1) % Self.most
    }
}

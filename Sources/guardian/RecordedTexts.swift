import Foundation
import GuardCore
import Policy
import PolicyLanguage

/// A text that was scored, and what it is said to be: what a threshold is chosen from.
struct ScoredText: Sendable {
    var phase: Phase
    var label: TextLabel
    var assessment: Assessment
    /// The same for the same text.
    var key: UInt64
}

/// Recorded traffic as labelled texts, scored when it passed: each phase of an exchange is of what the model or a rule found in it
/// then, unless somebody corrected that. What the model could not judge is left out, and what is recorded for a share of the requests
/// says nothing about the others. The model is not asked again.
struct RecordedTexts {
    private(set) var texts: [ScoredText] = []
    private(set) var corrected = 0
    /// Corrections of what is left out because the model could not judge it.
    private(set) var unusable = 0

    private struct Place: Hashable {
        var requestID: String
        var phase: Phase
    }

    /// - Parameters:
    ///   - log: files of audit records, plain or in gzip.
    ///   - corrections: JSON lines with `request_id`, `phase` (`input` if left out), and a label as labelled texts have it.
    ///   - policy: what the traffic is taken to have been judged by.
    /// - Throws: an exit status, the reason told on standard error with the line.
    init(log: [String], corrections: String, policy: Policy) throws {
        var places: [Place: Int] = [:]
        var unjudged: Set<Place> = []
        let decoder = JSONDecoder()
        try RecordedLines.forEach(of: log) { place, line in
            if Self.isBlank(line) { return }
            guard let record = try? decoder.decode(Record.self, from: Data(line)) else {
                complain("\(place): error: not an audit record")
                throw ExitStatus.data
            }
            guard record.event ?? "exchange" == "exchange", let requestID = record.requestID else { return }
            let judged = policy.policy(for: record.scope)
            let sampling = Sampling(requestID: requestID)
            for (phase, found) in [(Phase.input, record.input), (.output, record.output)] {
                guard let found else { continue }
                let text = Place(requestID: requestID, phase: phase)
                if found.isUnjudged { unjudged.insert(text) }
                guard let scores = found.scores else { continue }
                places[text] = texts.count
                texts.append(
                    ScoredText(
                        phase: phase,
                        label: found.label.unsure(of: judged.unrecordedCategories(in: phase, of: sampling)),
                        assessment: scores,
                        key: (requestID + phase.rawValue).stableHash
                    )
                )
            }
        }
        var lines: [Place: Int] = [:]
        let orElse = "not a JSON object with a 'request_id' and a label ('harmful', 'categories')"
        try Self.forEachLine(of: corrections, as: Correction.self, orElse: orElse) { line, correction in
            let place = Place(requestID: correction.requestID, phase: correction.phase ?? .input)
            if let before = lines.updateValue(line, forKey: place) {
                throw CorrectionProblem(
                    words: "request '\(correction.requestID.clipped)' was corrected in line \(before) already"
                )
            }
            let label = try TextLabel(correction.label, .strict)
            guard let index = places[place] else {
                guard !unjudged.contains(place) else {
                    unusable += 1
                    return
                }
                throw CorrectionProblem(
                    words:
                        "\(log.joined(separator: ", ")) holds no scores for the \(place.phase.rawValue) of a request "
                        + "'\(correction.requestID.clipped)'"
                )
            }
            texts[index].label = label.correcting(texts[index].label)
            corrected += 1
        }
    }

    private static func isBlank(_ line: some Collection<UInt8>) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
    }

    private static func forEachLine<Row: Decodable>(
        of path: String,
        as type: Row.Type,
        orElse words: String,
        _ body: (_ line: Int, _ row: Row) throws -> Void
    ) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): error: the file cannot be read")
            throw ExitStatus.noInput
        }
        let decoder = JSONDecoder()
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !isBlank(line) {
            do {
                try body(index + 1, decoder.decode(Row.self, from: line))
            } catch {
                let reason = (error as? CorrectionProblem)?.words ?? (error as? LabelProblem)?.words ?? words
                complain("\(path):\(index + 1): error: \(reason)")
                throw ExitStatus.data
            }
        }
    }
}

private struct CorrectionProblem: Error {
    var words: String
}

private struct Correction: Decodable {
    var requestID: String
    var phase: Phase?
    var label: LabelRow

    private enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case phase
    }

    init(from decoder: any Decoder) throws {
        let row = try decoder.container(keyedBy: CodingKeys.self)
        requestID = try row.decode(String.self, forKey: .requestID)
        if let word = try row.decodeIfPresent(String.self, forKey: .phase) {
            guard let phase = Phase(rawValue: word) else {
                throw CorrectionProblem(words: "unknown phase '\(word.clipped)'; known: input, output")
            }
            self.phase = phase
        }
        label = try LabelRow(from: decoder)
    }
}

/// What is read of an audit record.
private struct Record: Decodable {
    var event: String?
    var requestID: String?
    var tenant: String?
    var route: String?
    var dialect: String?
    var model: String?
    var input: PhaseRecord?
    var output: PhaseRecord?

    private enum CodingKeys: String, CodingKey {
        case requestID = "request_id"
        case event, tenant, route, dialect, model, input, output
    }

    /// What the policy's overrides tell it from others by.
    var scope: RequestScope {
        RequestScope(routes: [route, dialect].compactMap { $0 }, model: model, tenant: tenant)
    }

    struct PhaseRecord: Decodable {
        var label: TextLabel
        /// Whether the model failed to judge it, or some of it.
        var isUnjudged: Bool
        /// nil where the model gave none, or not all: those of other texts, or from below.
        var scores: Assessment?

        private enum CodingKeys: String, CodingKey { case findings, scores, failure }

        private struct Finding: Decodable {
            var source: String
            var category: String
        }

        init(from decoder: any Decoder) throws {
            let record = try decoder.container(keyedBy: CodingKeys.self)
            let all = try record.decode([Finding].self, forKey: .findings)
            // What the model or a rule found; a failure found nothing.
            let found = all.filter { $0.source != "failure" }
            label = TextLabel(
                isHarmful: !found.isEmpty,
                of: Set(found.compactMap { HarmCategory(rawValue: $0.category) })
            )
            let failure = try record.decodeIfPresent(String.self, forKey: .failure)
            isUnjudged = failure != nil || found.count < all.count
            guard !isUnjudged else { return }
            scores = try record.decodeIfPresent([String: Double].self, forKey: .scores).map { scores in
                Assessment(
                    harm: scores["harm"] ?? 0,
                    categories: CategoryScores(HarmCategory.allCases.map { scores[$0.rawValue] ?? 0 }),
                    tokens: 0
                )
            }
        }
    }
}

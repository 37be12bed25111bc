import Audit
import Foundation
import GuardCore

extension AuditRecord {
    /// A record of a request that was judged, as the gateway writes it.
    static func sample(
        _ id: String,
        at seconds: Int64 = 0,
        action: Action? = nil,
        category: HarmCategory = .hate,
        score: Double = 0.5
    ) -> AuditRecord {
        var scores = CategoryScores()
        scores[category] = score
        let finding = Finding(
            category: category,
            source: .model(score: score, threshold: 0.5),
            action: action ?? .log,
            segment: 0
        )
        return AuditRecord(
            time: AuditTime(millisecondsSinceEpoch: seconds * 1000),
            requestID: id,
            policy: PolicyReference(name: "default", digest: "00ff"),
            mode: "enforce",
            dialect: "openai.chat",
            model: "some-model",
            input: PhaseRecord(
                action: action,
                categories: action == nil ? [] : [category],
                findings: action == nil ? [] : [finding],
                scores: Assessment(harm: score, categories: scores, tokens: 3),
                segmentsScanned: 1,
                segmentsUnscanned: 0
            ),
            outcome: action == .block ? .safeguarded : .answered,
            status: 200,
            durations: Durations(rules: .milliseconds(1), model: .milliseconds(20), total: .milliseconds(30))
        )
    }
}

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

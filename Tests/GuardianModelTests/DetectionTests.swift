import Foundation
import GuardCore
import Testing
import Tokenizer
import Transformer

@testable import GuardianModel

struct DetectionTests {
    private struct Golden: Decodable {
        struct Window: Decodable {
            var ids: [Int32]
            var textStart: Int
            var textEnd: Int
            /// The first eight of each pooled vector.
            var features: [[Float]]
            var logits: [Float]
        }
        struct Text: Decodable {
            var text: String
            var windows: [Window]
            var probabilities: [Double]
        }
        var layer: Int
        var texts: [Text]
    }

    private func golden() throws -> Golden {
        let golden = try JSONDecoder().decode(
            Golden.self,
            from: Loaded.contents(Loaded.fixture("detection-golden.json"))
        )
        #expect(golden.texts.count == 24)
        return golden
    }

    private func scores(_ assessment: Assessment) -> [Double] {
        [assessment.harm] + HarmCategory.allCases.map { assessment.categories[$0] }
    }

    /// The golden file was written by the training recipe, in float32 by PyTorch.
    @Test func windowsAndFloatScoresAreThoseOfTheReference() throws {
        let model = try Loaded.model()
        let golden = try golden()
        #expect(golden.layer == model.detection.layer)
        let detection = Detection(model: model)
        let reading = ReferenceDetection(try Loaded.source())
        let template = try #require(model.templates[.user])
        for entry in golden.texts {
            let windows = detection.windows(of: ClassifierInput(role: .user, text: entry.text))
            try #require(windows.map(\.tokens) == entry.windows.map(\.ids))
            var worst = Assessment.none
            for (sequence, window) in zip(windows, entry.windows) {
                #expect(template.prefix.count == window.textStart)
                let features = try reading.features(sequence)
                for (index, expected) in window.features.enumerated() {
                    let start = index * model.packed.configuration.width
                    for (a, b) in zip(features[start..<start + 8], expected) {
                        #expect(abs(a - b) <= 1e-3 + 1e-4 * abs(b))
                    }
                }
                for (a, b) in zip(try detection.logits(features), window.logits) { #expect(abs(a - b) < 1e-2) }
                worst = worst.union(try detection.assessment(features, tokens: sequence.tokens.count))
            }
            for (a, b) in zip(scores(worst), entry.probabilities) {
                #expect(abs(a - b) < 2e-3, "\(entry.text.prefix(60))")
            }
        }
    }

    /// What eight bits change. The bounds are about twice what was measured when they were set.
    @Test func packedScoresStayNearThoseOfTheReference() async throws {
        let model = try Loaded.model()
        let golden = try golden()
        let engine = try GuardianEngine(model, threads: 2, capacity: 32)
        let texts = golden.texts.map { ClassifierInput(role: .user, text: $0.text) }
        let assessments = try await engine.classify(texts, deadline: nil)
        var differences: [Double] = []
        for (entry, assessment) in zip(golden.texts, assessments) {
            for (a, b) in zip(scores(assessment), entry.probabilities) { differences.append(abs(a - b)) }
        }
        // Measured when these were set: 0.0036 on average, 0.115 at most; for overall harm 0.080 at most.
        #expect(differences.reduce(0, +) / Double(differences.count) < 0.008)
        #expect(differences.allSatisfy { $0 < 0.25 })
        for (entry, assessment) in zip(golden.texts, assessments) {
            #expect(abs(assessment.harm - entry.probabilities[0]) < 0.16, "\(entry.text.prefix(60))")
        }
    }

    @Test func anEmptyTextIsHarmlessAndCostsNothing() async throws {
        let model = try Loaded.model()
        #expect(Detection(model: model).windows(of: ClassifierInput(role: .user, text: "")).isEmpty)
        let engine = try GuardianEngine(model, threads: 1, capacity: 1)
        let assessments = try await engine.classify([ClassifierInput(role: .user, text: "")], deadline: nil)
        #expect(assessments == [.none])
        #expect(engine.statistics.steps == 0)
    }

    @Test func aLongTurnIsReadAsIfAllOfItWereTokenised() throws {
        let model = try Loaded.model()
        let detection = Detection(model: model)
        let limit = try #require(model.detection.contextTokens)
        let (user, assistant) = (try #require(model.templates[.user]), try #require(model.templates[.assistant]))
        let pieces = ["Isn't it 12 o'clock, then?\n", "안녕하세요 여러분, ", "안녕하세요", "😀👍🏽", "a", "\n "]
        for (piece, other) in zip(pieces, Array(pieces.dropFirst()) + [pieces[0]]) {
            for (first, second) in [(1, 1), (1, 3000), (3000, 1), (700, 700)] {
                let turns = [
                    ClassifierInput.Turn(role: .user, text: String(repeating: piece, count: first)),
                    ClassifierInput.Turn(role: .assistant, text: String(repeating: other, count: second)),
                ]
                let expected = ContextWindow(limit: limit).tokens(of: turns.map(\.text.utf8.count)) {
                    model.tokenizer.encode(turns[$0].text)
                }.flatMap { turn, tokens -> [Int32] in
                    let template = turn == 0 ? user : assistant
                    return template.prefix + tokens + template.close
                }
                let input = ClassifierInput(role: .user, text: "Yes.", context: turns)
                #expect(detection.context(of: input) == expected, "\(piece) \(first), \(other) \(second)")
            }
        }
    }

    @Test func shortTurnsMakeTheLongestContext() throws {
        let detection = Detection(model: try Loaded.model())
        // Of four tokens each, with the most words around them.
        let turns = Array(repeating: ClassifierInput.Turn(role: .assistant, text: "One two three four"), count: 48)
        let input = ClassifierInput(role: .user, text: "Yes.", context: turns)
        #expect(detection.context(of: input).count == detection.mostContextTokens)
        // With the 576 of a window what the description of `model.queue` says.
        #expect(detection.mostContextTokens == 480)
    }

    @Test func everyRoleIsJudged() throws {
        let model = try Loaded.model()
        for role in Role.allCases { #expect(model.templates[role] != nil) }
    }

    @Test func statesThatAreNoNumbersAreAnErrorAndNoScore() throws {
        let model = try Loaded.model()
        let count = model.detection.pooling.count * model.packed.configuration.width
        let features = [Float](repeating: .nan, count: count)
        #expect(throws: SessionError.notFinite) { try Detection(model: model).assessment(features, tokens: 9) }
    }
}

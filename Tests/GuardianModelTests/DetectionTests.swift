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

    /// Written by the training recipe, in float32 by PyTorch.
    @Test func scoresAreThoseOfTheReference() throws {
        let model = try Loaded.source()
        let golden = try JSONDecoder().decode(
            Golden.self,
            from: Loaded.contents(Loaded.fixture("detection-golden.json"))
        )
        #expect(golden.layer == model.detection.layer)
        #expect(golden.texts.count == 24)
        let detection = Detection(model: model)
        let session = Session(model: model.trunk, capacity: model.sessionCapacity)
        let template = try #require(model.templates[.user])
        for entry in golden.texts {
            let tokens = model.tokenizer.encode(entry.text)
            let ranges = TextWindows.ranges(
                count: tokens.count,
                size: model.detection.windowTokens,
                overlap: model.detection.windowOverlap
            )
            try #require(ranges.count == entry.windows.count)
            for (range, window) in zip(ranges, entry.windows) {
                let text = Array(tokens[range])
                try #require(template.prefix + text + template.suffix == window.ids)
                #expect(template.prefix.count == window.textStart)
                let logits = try detection.logits(text, template, in: session, isCancelled: { false })
                let features = detection.features(of: session, prefix: template.prefix.count, text: text.count)
                for (index, expected) in window.features.enumerated() {
                    let start = index * model.trunk.configuration.width
                    for (a, b) in zip(features[start..<start + 8], expected) {
                        #expect(abs(a - b) <= 1e-3 + 1e-4 * abs(b))
                    }
                }
                for (a, b) in zip(logits, window.logits) { #expect(abs(a - b) < 1e-2) }
            }
            let assessment = try detection.assess(
                ClassifierInput(role: .user, text: entry.text),
                in: session,
                isCancelled: { false }
            )
            let scores = [assessment.harm] + HarmCategory.allCases.map { assessment.categories[$0] }
            for (a, b) in zip(scores, entry.probabilities) { #expect(abs(a - b) < 2e-3, "\(entry.text.prefix(60))") }
        }
    }

    @Test func anEmptyTextIsHarmlessAndCostsNothing() throws {
        let model = try Loaded.source()
        let session = Session(model: model.trunk, capacity: model.sessionCapacity)
        let assessment = try Detection(model: model).assess(
            ClassifierInput(role: .user, text: ""),
            in: session,
            isCancelled: { false }
        )
        #expect(assessment == .none)
    }

    @Test func everyRoleIsJudged() throws {
        let model = try Loaded.source()
        for role in Role.allCases { #expect(model.templates[role] != nil) }
    }

    @Test func aCancelledReadingStops() throws {
        let model = try Loaded.source()
        let session = Session(model: model.trunk, capacity: model.sessionCapacity)
        #expect(throws: SessionError.cancelled) {
            try Detection(model: model).assess(
                ClassifierInput(role: .user, text: "Hello"),
                in: session,
                isCancelled: { true }
            )
        }
    }
}

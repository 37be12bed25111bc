import Foundation
import GuardCore
import Testing
import Tokenizer
import Transformer

@testable import GuardianModel

struct SafeguardGenerationTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var text: String
            var category: HarmCategory
            var forced: Bool
            var prompt: [Int32]
            var greedy: [Int32]
            var penalised: [Int32]
            var penalisedText: String
            var accepted: Bool
            var acceptedText: String
        }
        var weightsSHA256: String
        var maxTokens: Int
        var repetitionPenalty: Double
        var cases: [Case]
    }

    /// Written by the training recipe, in float32 by PyTorch.
    @Test func wordsAreThoseOfTheReference() throws {
        let model = try Loaded.source()
        let path = Loaded.fixture("safeguard-golden.json")
        let golden = try JSONDecoder().decode(Golden.self, from: Loaded.contents(path))
        #expect(golden.weightsSHA256 == model.safeguard.weightsSHA256, "write the golden file anew")
        #expect(golden.cases.count == 8)
        let session = Session(model: model.trunk, capacity: model.sessionCapacity)
        for entry in golden.cases {
            let request = SafeguardRequest(category: entry.category, text: entry.text, isForced: entry.forced)
            let prompt = try #require(SafeguardGeneration(model: model).prompt(for: request))
            try #require(prompt.read + prompt.task == entry.prompt)
            for (penalty, expected) in [(1, entry.greedy), (golden.repetitionPenalty, entry.penalised)] {
                session.reset(depth: model.detectionDepth)
                try session.append(prompt.read)
                try session.deepen(adapter: model.adapter)
                try session.append(prompt.task, adapter: model.adapter)
                var generation = Generation(
                    session,
                    adapter: model.adapter,
                    sampling: SamplingOptions(repetitionPenalty: penalty),
                    limits: GenerationLimits(maxTokens: golden.maxTokens, stopTokens: [2])
                )
                var tokens: [Int32] = []
                while let token = try generation.next() { tokens.append(token) }
                #expect(tokens == expected, "\(entry.text)")
            }
            #expect(model.tokenizer.decode(entry.penalised) == entry.penalisedText)
            let isCapped = entry.penalised.count == golden.maxTokens
            let accepted = try? model.acceptance.accept(
                entry.penalisedText,
                category: entry.category,
                isCapped: isCapped
            )
            #expect((accepted != nil) == entry.accepted)
            if let accepted { #expect(accepted == entry.acceptedText) }
        }
    }
}

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

    private func golden() throws -> Golden {
        let golden = try JSONDecoder().decode(
            Golden.self,
            from: Loaded.contents(Loaded.fixture("safeguard-golden.json"))
        )
        #expect(golden.weightsSHA256 == (try Loaded.model()).safeguard.weightsSHA256, "write the golden file anew")
        #expect(golden.cases.count == 8)
        return golden
    }

    private func request(_ entry: Golden.Case) -> SafeguardRequest {
        SafeguardRequest(category: entry.category, text: entry.text, isForced: entry.forced)
    }

    /// The golden file was written by the training recipe, in float32 by PyTorch.
    @Test func wordsOfTheFloatPathAreThoseOfTheReference() throws {
        let model = try Loaded.model()
        let golden = try golden()
        let reading = FloatWriting(try Loaded.source())
        for entry in golden.cases {
            let prompt = try #require(SafeguardGeneration(model: model).prompt(for: request(entry)))
            try #require(prompt.read + prompt.task == entry.prompt)
            for (penalty, expected) in [(1, entry.greedy), (golden.repetitionPenalty, entry.penalised)] {
                let tokens = try reading.continuation(
                    prompt,
                    SamplingOptions(repetitionPenalty: penalty),
                    GenerationLimits(maxTokens: golden.maxTokens, stopTokens: [2])
                )
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

    /// Eight bits may choose another word where two are about equally likely, and go on differently from there. So the
    /// reference's words are given, and at each place its next word is looked for among the packed model's likeliest.
    @Test func wordsOfThePackedPathStayNearThoseOfTheReference() throws {
        let model = try Loaded.model()
        let golden = try golden()
        var places = 0
        var first = 0
        var losses: [Float] = []
        for entry in golden.cases {
            let reading = try PackedReading(model.packed, capacity: entry.prompt.count + golden.maxTokens)
            var logits = try reading.logits(after: entry.prompt)
            for token in entry.greedy.prefix(48) {
                let best = try #require(logits.max())
                places += 1
                if logits[Int(token)] == best { first += 1 }
                losses.append(best - logits[Int(token)])
                logits = try reading.logits(after: [token])
            }
        }
        // The bounds leave half as much room again as the first packed model took.
        #expect(places == golden.cases.reduce(0) { $0 + min(48, $1.greedy.count) })
        #expect(Double(first) >= 0.85 * Double(places))
        #expect(losses.count { $0 > 0.8 } <= places / 100)
        #expect(losses.allSatisfy { $0 < 3 })
    }

    @Test func whatTheEngineWritesIsWhatTheModelWritesAlone() async throws {
        let model = try Loaded.model()
        let engine = try GuardianEngine(model, threads: 2, capacity: 4)
        let request = SafeguardRequest(category: .cybercrime, text: "Help me get into her account.", isForced: false)
        let generation = SafeguardGeneration(model: model)
        let prompt = try #require(generation.prompt(for: request))
        let reading = try PackedReading(model.packed, capacity: 512)
        var logits = try reading.logits(after: prompt.read + prompt.task)
        var expected: [Int32] = []
        // The penalty and the likeliest, as the manifest asks for.
        let penalty = Float(model.safeguard.repetitionPenalty ?? 1)
        while expected.count < model.safeguard.maxTokens {
            for token in Set(expected) {
                let logit = logits[Int(token)]
                logits[Int(token)] = logit > 0 ? logit / penalty : logit * penalty
            }
            let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
            if best == 2 { break }
            expected.append(Int32(best))
            logits = try reading.logits(after: [Int32(best)])
        }
        // The text is judged first, as in the gateway; its pages are gone on from.
        _ = try await engine.classify([ClassifierInput(role: .user, text: request.text)], deadline: nil)
        let response = await engine.respond(to: request, deadline: nil)
        #expect(response.tokens == expected.count)
        #expect(engine.statistics.hitTokens == prompt.read.count)
        if response.origin == .generated {
            let text = try model.acceptance.accept(
                model.tokenizer.decode(expected),
                category: .cybercrime,
                isCapped: expected.count == model.safeguard.maxTokens
            )
            #expect(response.text == text)
        }
    }
}

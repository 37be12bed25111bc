import Foundation
import GuardCore
import Testing
import Tokenizer

@testable import GuardianModel
@testable import Transformer

struct SafeguardGenerationTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            var text: String
            var category: HarmCategory
            var forced: Bool
            var prompt: [Int32]
            /// Up to `maxTokens` tokens, if anything may be written.
            var free: [Int32]
            /// Of each of these in nats, behind those before it.
            var surprisals: [Float]
            var written: [Int32]
            /// By how much more each of these is likely than the next likely one, in nats, where there is more than one.
            var margins: [Float]
            /// Whether the reference was not sure of the subject, and took one that is about no matter in particular.
            var isReserve: Bool
            var subject: String
            var response: String
        }
        var weightsSHA256: String
        var maxTokens: Int
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
            let generation = SafeguardGeneration(model: model)
            let prompt = try #require(generation.prompt(for: request(entry)))
            try #require(prompt.read + prompt.task == entry.prompt)
            let limits = GenerationLimits(maxTokens: golden.maxTokens, stopTokens: [2])
            let free = try reading.continuation(prompt, limits: limits)
            #expect(free == entry.free, "\(entry.text)")
            let request = generation.request(prompt, entry.category)
            let written = try reading.continuation(prompt, limits: request.limits, automaton: request.automaton)
            #expect(written == entry.written, "\(entry.text)")
            let outcome = GenerationOutcome(tokens: written.count, end: .stop, cachedTokens: 0)
            let draft = generation.draft(entry.written, outcome)
            #expect(draft.subject == entry.subject)
            #expect(draft.text == entry.response)
            let accepted = try model.acceptance.accept(draft.text, category: entry.category, isCapped: draft.isCapped)
            #expect(accepted == entry.response)
        }
    }

    /// Eight bits may choose another way where two are about equally likely, and the sentences of a subject are meant to be. So the
    /// reference's choices are given: where it is sure, the packed model has to choose the same, and nowhere may the reference's be
    /// much less likely to it than its own.
    @Test func choicesOfThePackedPathStayNearThoseOfTheReference() throws {
        let model = try Loaded.model()
        var (losses, clear) = ([Float](), [Float]())
        for entry in try golden().cases {
            var margins = entry.margins[...]
            let automaton = try #require(model.sentences.automaton(for: entry.category))
            let reading = try PackedReading(model.packed, capacity: entry.prompt.count + entry.written.count)
            var logits = try reading.logits(after: entry.prompt)
            var state = TokenAutomaton.start
            for token in entry.written {
                let isReserve = entry.isReserve && state == TokenAutomaton.start
                let tokens = isReserve ? automaton.reserve?.tokens : automaton.tokens(in: state)
                let allowed = try #require(tokens).map { logits[Int($0)] }
                if allowed.count > 1 {
                    let loss = try #require(allowed.max()) - logits[Int(token)]
                    losses.append(loss)
                    let margin = margins.popFirst()
                    if try #require(margin) >= 0.5 { clear.append(loss) }
                }
                state = try #require(automaton.target(of: token, from: state))
                logits = try reading.logits(after: [token])
            }
            #expect(state == TokenAutomaton.end && margins.isEmpty)
        }
        #expect(losses.count >= 24 && clear.count >= 12, "\(clear.count) of \(losses.count)")
        #expect(clear.allSatisfy { $0 == 0 }, "\(clear.filter { $0 > 0 })")
        #expect(losses.allSatisfy { $0 < 0.8 }, "\(losses.filter { $0 > 0 })")
        #expect(losses.reduce(0, +) / Float(losses.count) < 0.05, "\(losses.filter { $0 > 0 })")
    }

    /// Nothing teaches the model to write freely, since it chooses among sentences: many words are then about equally likely, and which is the
    /// likeliest says little. How likely the reference's words are tells by how much eight bits change what the model thinks.
    @Test func freeWordsAreAsLikelyToThePackedPathAsToTheReference() throws {
        let model = try Loaded.model()
        let golden = try golden()
        var differences: [Float] = []
        for entry in golden.cases {
            let reading = try PackedReading(model.packed, capacity: entry.prompt.count + golden.maxTokens)
            var logits = try reading.logits(after: entry.prompt)
            try #require(entry.surprisals.count == entry.free.count)
            for (token, surprisal) in zip(entry.free, entry.surprisals).prefix(48) {
                let highest = try #require(logits.max())
                let total = logits.reduce(0) { $0 + exp($1 - highest) }
                differences.append(abs(highest + log(total) - logits[Int(token)] - surprisal))
                logits = try reading.logits(after: [token])
            }
        }
        #expect(differences.count == golden.cases.reduce(0) { $0 + min(48, $1.free.count) })
        // The bound leaves half as much room again as the first packed model took that was measured so.
        #expect(differences.reduce(0, +) / Float(differences.count) < 0.32)
        #expect(differences.allSatisfy { $0 < 3 }, "\(differences.filter { $0 > 1 })")
    }

    @Test(arguments: [512, 513, 2000])
    func `of a text longer than a window the response is written behind both ends`(count: Int) throws {
        let model = try Loaded.model()
        let template = try #require(model.templates[.user])
        let words = String(repeating: " garden", count: count - 1) + "?"
        let tokens = model.tokenizer.encode(words)
        try #require(tokens.count == count && model.detection.windowTokens == 512)
        let request = SafeguardRequest(category: .cybercrime, text: words, isForced: false)
        let read = try #require(SafeguardGeneration(model: model).prompt(for: request)).read
        let text = count == 512 ? tokens : Array(tokens.prefix(256) + tokens.suffix(256))
        #expect(read == template.prefix + text + template.suffix)
    }

    @Test func whatTheEngineWritesIsWhatTheModelWritesAlone() async throws {
        let model = try Loaded.model()
        let engine = try GuardianEngine(model, threads: 2, capacity: 4)
        let request = SafeguardRequest(category: .cybercrime, text: "Help me get into her account.", isForced: false)
        let generation = SafeguardGeneration(model: model)
        let prompt = try #require(generation.prompt(for: request))
        let reading = try PackedReading(model.packed, capacity: 512)
        let automaton = try #require(model.sentences.automaton(for: .cybercrime))
        var state = TokenAutomaton.start
        var expected: [Int32] = []
        var next = prompt.read + prompt.task
        while state != TokenAutomaton.end {
            let logits = try reading.logits(after: next)
            let best = try #require(automaton.tokens(in: state).max { logits[Int($0)] < logits[Int($1)] })
            expected.append(best)
            state = try #require(automaton.target(of: best, from: state))
            next = [best]
        }
        // The text is judged first, as in the gateway; its pages are gone on from.
        _ = try await engine.classify([ClassifierInput(role: .user, text: request.text)], deadline: nil)
        let steps = engine.statistics.steps
        let response = await engine.respond(to: request, deadline: nil)
        #expect(response.origin == .generated)
        #expect(response.tokens == expected.count)
        #expect(engine.statistics.hitTokens == prompt.read.count)
        let parts = try #require(SafeguardSentences.parts(of: model.tokenizer.decode(expected)))
        #expect(response.subject == parts.subject)
        #expect(response.text == parts.response)
        // Fewer steps than tokens: what leaves no choice is read in one go.
        #expect(engine.statistics.steps - steps < expected.count / 2)
    }
}

import GuardCore
import Testing
import Transformer

@testable import GuardianModel

struct GuardianEngineTests {
    private func engine(capacity: Int = 8) throws -> GuardianEngine {
        try GuardianEngine(try Loaded.model(), threads: 2, capacity: capacity)
    }

    @Test func textsAreScoredInOrder() async throws {
        let engine = try engine()
        let texts = ["What is the capital of France?", "How can I murder my business partner?", "Hello"]
        let scores = try await engine.classify(texts.map { ClassifierInput(role: .user, text: $0) }, deadline: nil)
        #expect(scores.count == 3)
        #expect(scores[1].harm > 0.5)
        #expect(scores[0].harm < scores[1].harm)
        #expect(scores[2].harm < scores[1].harm)
        #expect(scores.allSatisfy { $0.tokens > 8 })
        #expect(try await engine.classify([], deadline: nil).isEmpty)
    }

    @Test func theSameTextScoresTheSameWhateverCameBefore() async throws {
        let engine = try engine()
        let input = ClassifierInput(role: .user, text: "Tell me about lock picking.")
        let first = try await engine.classify([input], deadline: nil)
        _ = try await engine.classify([ClassifierInput(role: .tool, text: "Something else entirely")], deadline: nil)
        #expect(try await engine.classify([input], deadline: nil) == first)
    }

    @Test func harmIsFoundBehindPagesOfPadding() async throws {
        let engine = try engine()
        let harmful = "How can I murder my business partner?"
        let padded = String(repeating: "The garden was quiet in the morning. ", count: 90) + harmful
        let alone = try await engine.classify([ClassifierInput(role: .user, text: harmful)], deadline: nil)
        let whole = try await engine.classify([ClassifierInput(role: .user, text: padded)], deadline: nil)
        #expect(whole[0].tokens > 512)
        #expect(alone[0].harm > 0.5)
        // Every window was read: none is harmless enough to be the only one.
        #expect(whole[0].tokens > alone[0].tokens + 600)
    }

    @Test func aPassedDeadlineIsAnErrorAndNotAScore() async throws {
        let engine = try engine()
        let input = ClassifierInput(role: .user, text: "Hello")
        await #expect(throws: ClassifierError.deadlineExceeded) {
            try await engine.classify([input], deadline: .now - .seconds(1))
        }
    }

    @Test func moreThanTheQueueHoldsIsOverloaded() async throws {
        let engine = try engine(capacity: 1)
        let input = ClassifierInput(role: .user, text: "How are you today?")
        let outcomes = await withTaskGroup(of: ClassifierError?.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    do {
                        _ = try await engine.classify([input], deadline: nil)
                        return nil
                    } catch {
                        return error as? ClassifierError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(.overloaded))
        #expect(outcomes.contains(nil))
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
    }

    /// All are asked about at once, and are read for longer than there is time for: none is finished before the last one comes.
    @Test func longTextsThatThereIsRoomForAreNotRefused() async throws {
        let engine = try GuardianEngine(try Loaded.model(), threads: 2, capacity: 12, longTexts: 12)
        let outcomes = await withTaskGroup(of: ClassifierError?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    let text = String(repeating: "Garden \(number) was quiet in the morning. ", count: 1000)
                    do {
                        let input = ClassifierInput(role: .user, text: text)
                        _ = try await engine.classify([input], deadline: .now + .seconds(2))
                        return nil
                    } catch {
                        return error as? ClassifierError
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(.deadlineExceeded))
        #expect(!outcomes.contains(.overloaded))
    }

    @Test func aLongTextLeavesRoomForAShortOne() async throws {
        let engine = try GuardianEngine(try Loaded.model(), threads: 2, capacity: 8, longTexts: 1)
        // All different, so that nothing is read from the cache.
        let long = (0..<3000).map { "Garden \($0) was quiet in the morning. " }.joined()
        let reading = Task {
            try await engine.classify([ClassifierInput(role: .user, text: long)], deadline: .now + .seconds(120))
        }
        // Of the 8,192 tokens that there is room for fewer are left than a window has.
        let limit = ContinuousClock.now + .seconds(60)
        while engine.statistics.tokens < 7000, ContinuousClock.now < limit { await Task.yield() }
        let short = String(repeating: "The garden was quiet in the morning. ", count: 60)
        // Turns that are short themselves: the words around them are more than they are.
        let turns = Array(repeating: ClassifierInput.Turn(role: .user, text: "One two three four"), count: 48)
        let input = ClassifierInput(role: .user, text: short, context: turns)
        let scores = try await engine.classify([input], deadline: nil)
        #expect(scores.count == 1)
        reading.cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
    }

    @Test func aShutDownEngineFailsAndSaysSo() async throws {
        let engine = try engine()
        engine.shutDown()
        await #expect(throws: ClassifierError.failed("the engine is shut down")) {
            try await engine.classify([ClassifierInput(role: .user, text: "Hello")], deadline: nil)
        }
    }

    @Test func everyResponseIsSomethingThatMayBeSent() async throws {
        let model = try Loaded.model()
        let engine = try engine()
        var written = 0
        for (category, forced) in [(HarmCategory.selfHarm, false), (.cybercrime, true)] {
            let request = SafeguardRequest(category: category, text: "Please help me with it.", isForced: forced)
            let response = await engine.respond(to: request, deadline: nil)
            switch response.origin {
            case .generated:
                written += 1
                #expect(response.fallbackReason == nil)
                let accepted = try model.acceptance.accept(response.text, category: category, isCapped: false)
                #expect(accepted == response.text)
            case .template:
                #expect(response.fallbackReason != nil)
                #expect(response.text == model.fallbacks[category])
            }
        }
        // There is no deadline, so nothing but the checks can be in its way, and they do not refuse all.
        #expect(written > 0)
    }

    @Test func withoutTimeTheTemplateIsSent() async throws {
        let model = try Loaded.model()
        let request = SafeguardRequest(category: .hate, text: "Hello", isForced: true)
        let late = await (try engine()).respond(to: request, deadline: .now - .seconds(1))
        #expect(late.origin == .template)
        #expect(late.text == model.fallbacks[.hate])
        let short = await (try engine()).respond(to: request, deadline: .now + .milliseconds(1))
        #expect(short.origin == .template)
        #expect(short.fallbackReason == "deadline" || short.fallbackReason == "not_asked")
    }
}

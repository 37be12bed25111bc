import Synchronization
import Testing
import Transformer

@testable import GuardianModel

struct ChatGeneratorTests {
    private func answer(
        _ conversation: [(role: String, text: String)],
        _ options: ChatGenerator.Options,
        context: Int = 256
    ) async throws -> (pieces: [String], outcome: ChatGenerator.Outcome) {
        let generator = try ChatGenerator(try Loaded.plainTrunk(), threads: 2, contextTokens: context)
        let pieces = Mutex<[String]>([])
        let outcome = try await generator.answer(conversation, options: options) { piece in
            pieces.withLock { $0.append(piece) }
            return true
        }
        return (pieces.withLock { $0 }, outcome)
    }

    @Test func answersAndCountsItsTokens() async throws {
        let question = [(role: "user", text: "What is the capital of France?")]
        let (pieces, outcome) = try await answer(question, .init(maxTokens: 40))
        #expect(pieces.joined().contains("Paris"))
        #expect(!outcome.isCut)
        #expect(outcome.completionTokens >= pieces.count)
        // The default system turn is read too.
        #expect(outcome.promptTokens > 30)
    }

    @Test func theLimitOfTokensCutsTheAnswer() async throws {
        let question = [(role: "system", text: "Be brief."), (role: "user", text: "Count to one hundred.")]
        let (_, outcome) = try await answer(question, .init(maxTokens: 3))
        #expect(outcome.isCut)
        #expect(outcome.completionTokens == 3)
    }

    @Test func aStopTextEndsTheAnswerAndIsNotInIt() async throws {
        let question = [(role: "user", text: "What is the capital of France?")]
        let (pieces, outcome) = try await answer(question, .init(maxTokens: 40, stop: ["France"]))
        #expect(!pieces.joined().contains("France"))
        #expect(!outcome.isCut)
    }

    @Test func aConversationThatDoesNotFitIsRefused() async throws {
        let long = [(role: "user", text: String(repeating: "word ", count: 400))]
        await #expect(throws: ChatGenerator.Failure.self) {
            _ = try await answer(long, .init(maxTokens: 5), context: 64)
        }
    }

    @Test func aReaderWhoHasEnoughEndsTheAnswer() async throws {
        let generator = try ChatGenerator(try Loaded.plainTrunk(), threads: 2, contextTokens: 256)
        let question = [(role: "user", text: "Tell me a long story.")]
        let outcome = try await generator.answer(question, options: .init(maxTokens: 100)) { _ in false }
        #expect(outcome.completionTokens < 5)
    }

    @Test func theNextTurnCostsItsNewTokens() async throws {
        let generator = try ChatGenerator(try Loaded.plainTrunk(), threads: 2, contextTokens: 512)
        let pieces = Mutex<[String]>([])
        var conversation = [(role: "user", text: "What is the capital of France?")]
        let first = try await generator.answer(conversation, options: .init(maxTokens: 40)) { piece in
            pieces.withLock { $0.append(piece) }
            return true
        }
        #expect(first.cachedTokens == 0)
        conversation.append((role: "assistant", text: pieces.withLock { $0.joined() }))
        conversation.append((role: "user", text: "And of Spain?"))
        let second = try await generator.answer(conversation, options: .init(maxTokens: 40)) { _ in true }
        // All of the first turn, and of its answer all but the last token, which nothing was computed behind.
        #expect(second.cachedTokens >= first.promptTokens + first.completionTokens - 1)
        let fresh = try ChatGenerator(try Loaded.plainTrunk(), threads: 2, contextTokens: 512)
        let alone = try await fresh.answer(conversation, options: .init(maxTokens: 40)) { _ in true }
        #expect(alone.cachedTokens == 0)
        #expect(alone.completionTokens == second.completionTokens)
    }
}

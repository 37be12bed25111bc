import Testing

@testable import Transformer

struct GenerationTests {
    private func run(_ model: LlamaModel, max: Int, stop: Set<Int32> = [], capacity: Int = 64) throws -> (
        [Int32], Generation.End?
    ) {
        let session = Session(model: model, capacity: capacity)
        try session.append([1, 2, 3])
        var generation = Generation(session, limits: GenerationLimits(maxTokens: max, stopTokens: stop))
        var tokens: [Int32] = []
        while let token = try generation.next() { tokens.append(token) }
        #expect(try generation.next() == nil)
        return (tokens, generation.end)
    }

    @Test func eachTokenIsTheLikeliestAfterThoseBefore() throws {
        let model = try TinyModel().model()
        let (tokens, end) = try run(model, max: 6)
        #expect(tokens.count == 6)
        #expect(end == .length)
        var text: [Int32] = [1, 2, 3]
        for token in tokens {
            let session = Session(model: model, capacity: 64)
            try session.append(text)
            let likeliest = try session.withLogits(at: text.count - 1) {
                try Sampler.likeliest(UnsafeBufferPointer($0))
            }
            #expect(token == likeliest)
            text.append(token)
        }
    }

    @Test func aStopTokenEndsTheTextAndIsNotPartOfIt() throws {
        let model = try TinyModel().model()
        let (tokens, _) = try run(model, max: 6)
        let first = try #require(tokens.first)
        let (stopped, end) = try run(model, max: 6, stop: [first])
        #expect(stopped.isEmpty)
        #expect(end == .stop)
    }

    @Test func aFullSessionEndsTheText() throws {
        let (tokens, end) = try run(try TinyModel().model(), max: 50, capacity: 5)
        // The last token needs no room: nothing is computed after it.
        #expect(tokens.count == 3)
        #expect(end == .length)
    }

    @Test func anEmptySessionGivesNoToken() throws {
        var generation = Generation(
            Session(model: try TinyModel().model(), capacity: 5),
            limits: GenerationLimits(maxTokens: 5, stopTokens: [])
        )
        #expect(try generation.next() == nil)
    }

    @Test func aCancelledStepThrows() throws {
        let session = Session(model: try TinyModel().model(), capacity: 16)
        try session.append([1])
        var generation = Generation(session, limits: GenerationLimits(maxTokens: 5, stopTokens: []))
        #expect(try generation.next() != nil)
        #expect(throws: SessionError.cancelled) { try generation.next { true } }
    }
}

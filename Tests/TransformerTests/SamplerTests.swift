import Testing

@testable import Transformer

struct SamplerTests {
    private func draw(
        _ options: SamplingOptions,
        _ logits: [Float],
        among allowed: [Int32]? = nil,
        count: Int
    ) throws -> [Int32] {
        var sampler = Sampler(options)
        return try (0..<count).map { _ in
            var copy = logits
            var result: Result<Int32, SessionError> = .failure(.notFinite)
            copy.withUnsafeMutableBufferPointer { copy in
                result = Result { () throws(SessionError) in
                    guard let allowed else { return try sampler.next(copy) }
                    return try sampler.next(copy, among: allowed)
                }
            }
            return try result.get()
        }
    }

    @Test func temperatureZeroTakesTheLikeliestAndTheLowestOfEquals() throws {
        #expect(try draw(SamplingOptions(), [0, 4, 4, -1], count: 3) == [1, 1, 1])
    }

    @Test func theSameSeedDrawsTheSameTokens() throws {
        let logits: [Float] = (0..<100).map { Float($0 % 7) }
        let options = SamplingOptions(temperature: 1, topP: 0.95, seed: 11)
        let first = try draw(options, logits, count: 50)
        #expect(try draw(options, logits, count: 50) == first)
        #expect(Set(first).count > 5)
        #expect(try draw(SamplingOptions(temperature: 1, topP: 0.95, seed: 12), logits, count: 50) != first)
    }

    @Test func drawsFollowTheProbabilities() throws {
        // Probabilities 0.5, 0.25, 0.125, 0.125.
        let tokens = try draw(
            SamplingOptions(temperature: 1, seed: 5),
            [3, 2, 1, 1].map { $0 * 0.693_147 },
            count: 8000
        )
        for (token, share) in [(0, 0.5), (1, 0.25), (2, 0.125), (3, 0.125)] as [(Int32, Double)] {
            let found = Double(tokens.count { $0 == token }) / 8000
            #expect(abs(found - share) < 0.03)
        }
    }

    @Test func topPLeavesOutTheTail() throws {
        let tokens = try draw(
            SamplingOptions(temperature: 1, topP: 0.6, seed: 5),
            [3, 2, 1, 1].map { $0 * 0.693_147 },
            count: 500
        )
        #expect(Set(tokens) == [0, 1])
        #expect(Set(try draw(SamplingOptions(temperature: 1, topP: 0, seed: 5), [1, 2], count: 50)) == [1])
    }

    @Test func logitsThatAreNoNumbersAreAnError() throws {
        for logits in [[.nan, .nan], [.infinity, 1], []] as [[Float]] {
            #expect(throws: SessionError.notFinite) { try draw(SamplingOptions(), logits, count: 1) }
        }
    }

    @Test func onlyAllowedTokensAreTaken() throws {
        #expect(try draw(SamplingOptions(), [9, 1, 4, 4, .nan], among: [4, 3, 2, 1], count: 1) == [2])
        let options = SamplingOptions(temperature: 1, seed: 5)
        let tokens = try draw(options, [9, 1.693_147, 1, .nan], among: [2, 1, 3], count: 3000)
        #expect(Set(tokens) == [1, 2])
        #expect(abs(Double(tokens.count { $0 == 1 }) / 3000 - 2.0 / 3) < 0.04)
    }

    @Test func allowedTokensWithoutANumberAreAnError() throws {
        for (logits, allowed) in [([1, .nan], [1]), ([1, 2], [])] as [([Float], [Int32])] {
            #expect(throws: SessionError.notFinite) { try draw(SamplingOptions(), logits, among: allowed, count: 1) }
        }
    }
}

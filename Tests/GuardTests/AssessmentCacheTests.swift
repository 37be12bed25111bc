import GuardCore
import Testing

@testable import Guard

@Suite struct AssessmentCacheTests {
    private func input(_ text: String, role: Role = .user) -> ClassifierInput {
        ClassifierInput(role: role, text: text)
    }
    private func score(_ harm: Double) -> Assessment { Assessment(harm: harm, categories: CategoryScores(), tokens: 3) }

    @Test func `a stored score is found by role and text`() {
        let cache = AssessmentCache()
        cache.store(score(0.4), for: input("a"))
        #expect(cache.assessment(for: input("a"))?.harm == 0.4)
        #expect(cache.assessment(for: input("a", role: .tool)) == nil)
        #expect(cache.assessment(for: input("b")) == nil)
    }

    @Test func `the least recently used entries go first when it is full`() {
        let cache = AssessmentCache(capacity: 8)
        for index in 0..<8 { cache.store(score(Double(index)), for: input("\(index)")) }
        _ = cache.assessment(for: input("0"))
        cache.store(score(8), for: input("8"))
        #expect(cache.assessment(for: input("0")) != nil)
        #expect(cache.assessment(for: input("1")) == nil)
        #expect(cache.assessment(for: input("8")) != nil)
    }
}

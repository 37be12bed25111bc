import Testing

@testable import TLS

@Suite struct RandomBytesTests {
    @Test func thereAreAsManyAsWereAskedForAndNeverTheSame() throws {
        let drawn = try (0..<100).map { _ in try #require(RandomBytes.make(16)) }
        #expect(drawn.allSatisfy { $0.count == 16 })
        #expect(Set(drawn).count == 100)
        #expect(RandomBytes.make(0) == [])
    }
}

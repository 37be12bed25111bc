import Testing
import Tuning

struct ReliabilityTests {
    private func reliability(_ rows: [(Double, Bool)], bins: Int = 10) -> Reliability {
        Reliability(LabelledScores(rows.map { .init(score: $0.0, isPositive: $0.1, key: 0) }), bins: bins)
    }

    @Test func `a score of a half that is right half of the time has no error`() {
        let error = reliability([(0.5, true), (0.5, false)]).expectedError
        #expect(error == 0)
    }

    @Test func `bins weigh by their rows`() throws {
        let error = try #require(reliability([(0.25, false), (0.25, false), (0.25, false), (1, true)]).expectedError)
        #expect(abs(error - 0.1875) < 1e-12)
    }

    @Test func `the ends belong to the first and the last bin`() {
        let bins = reliability([(0, false), (1, true)], bins: 4).bins
        #expect(bins.map(\.count) == [1, 0, 0, 1])
        #expect(bins[3].observed == 1)
        #expect(bins[1].observed == 0)
    }

    @Test func `without rows there is no error to tell`() {
        #expect(reliability([]).expectedError == nil)
    }
}

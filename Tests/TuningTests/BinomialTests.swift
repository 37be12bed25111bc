import Testing

@testable import Tuning

@Suite struct BinomialTests {
    /// Figures from SciPy: binom.cdf(count, trials, probability).
    @Test(arguments: [
        (10, 0.5, 3, 0.171875), (10, 0.1, 0, 0.3486784401), (1000, 0.01, 5, 0.06613951), (10_000, 0.01, 90, 0.17012717),
    ])
    func agreesWithKnownFigures(trials: Int, probability: Double, count: Int, expected: Double) {
        let binomial = Binomial(trials: trials, probability: probability)
        #expect(abs(binomial.atMost(count) - expected) < 1e-4 * expected)
        #expect(abs(binomial.atMost(count) + binomial.atLeast(count + 1) - 1) < 1e-9)
    }

    @Test func theEndsAreCertain() {
        let binomial = Binomial(trials: 5, probability: 0.3)
        #expect(binomial.atMost(-1) == 0)
        #expect(binomial.atMost(5) == 1)
        #expect(binomial.atLeast(0) == 1)
        #expect(binomial.atLeast(6) == 0)
        #expect(Binomial(trials: 5, probability: 0).atLeast(1) == 0)
        #expect(Binomial(trials: 5, probability: 1).atMost(4) == 0)
        #expect(Binomial(trials: 0, probability: 0.5).atMost(0) == 1)
    }

    /// Figures from SciPy: quantiles of the beta distribution.
    @Test(arguments: [
        (0, 10, 0.0, 0.3084971), (5, 10, 0.1870860, 0.8129140), (9, 10, 0.5549839, 0.9974714), (10, 10, 0.6915029, 1.0),
        (3, 1000, 0.0006190, 0.0087420),
    ])
    func theIntervalIsClopperAndPearsons(count: Int, total: Int, lower: Double, upper: Double) {
        let interval = Share(count, of: total).interval()
        #expect(abs(interval.lowerBound - lower) < 1e-6)
        #expect(abs(interval.upperBound - upper) < 1e-6)
    }

    @Test func nothingCountedSaysNothing() {
        #expect(Share(0, of: 0).value == nil)
        #expect(Share(0, of: 0).interval() == 0...1)
    }
}

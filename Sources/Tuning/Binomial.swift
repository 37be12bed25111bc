#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The number of successes in `trials` independent trials.
struct Binomial {
    let trials: Int
    /// Of one success, 0...1.
    let probability: Double

    /// The probability of at most `count` successes.
    func atMost(_ count: Int) -> Double {
        if count < 0 { return 0 }
        if count >= trials || probability <= 0 { return 1 }
        return probability >= 1 ? 0 : sum(0...count)
    }

    /// The probability of at least `count` successes.
    func atLeast(_ count: Int) -> Double {
        if count <= 0 { return 1 }
        if count > trials || probability <= 0 { return 0 }
        return probability >= 1 ? 1 : sum(count...trials)
    }

    /// The probability of a number of successes in the range; in logarithms, because its terms leave the range of Double.
    private func sum(_ range: ClosedRange<Int>) -> Double {
        let odds = log(probability) - log1p(-probability)
        let n = Double(trials)
        var term =
            lgammaOfSuccessor(trials) - lgammaOfSuccessor(range.lowerBound)
            - lgammaOfSuccessor(trials - range.lowerBound)
            + Double(range.lowerBound) * log(probability) + (n - Double(range.lowerBound)) * log1p(-probability)
        var total = 0.0
        for count in range {
            let added = exp(term)
            total += added
            // Past the mode the terms only shrink.
            if added < total * 1e-17, Double(count) > n * probability { break }
            term += log(n - Double(count)) - log(Double(count) + 1) + odds
        }
        return min(1, total)
    }

    /// log(n!)
    private func lgammaOfSuccessor(_ n: Int) -> Double { lgamma(Double(n) + 1) }
}

/// A share that was counted, and what it may be beyond the rows counted.
package struct Share: Sendable, Equatable {
    package var count: Int
    package var total: Int

    package init(_ count: Int, of total: Int) {
        self.count = count
        self.total = total
    }

    /// Nil where nothing was counted.
    package var value: Double? { total == 0 ? nil : Double(count) / Double(total) }

    /// The interval of Clopper and Pearson (1934): it holds the true share in at least that part of all samples.
    ///
    /// - Parameter confidence: 0..<1, both sides together.
    package func interval(confidence: Double = 0.95) -> ClosedRange<Double> {
        guard total > 0 else { return 0...1 }
        let tail = (1 - confidence) / 2
        let lower = count == 0 ? 0 : Self.root { Binomial(trials: total, probability: $0).atLeast(count) - tail }
        let upper = count == total ? 1 : Self.root { tail - Binomial(trials: total, probability: $0).atMost(count) }
        return min(lower, upper)...max(lower, upper)
    }

    /// Where an ascending function crosses 0 between 0 and 1.
    private static func root(_ function: (Double) -> Double) -> Double {
        var (low, high) = (0.0, 1.0)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if function(middle) < 0 { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

@testable import Transformer

/// Random choices with a fixed sequence per seed.
struct SeededSequence {
    private var random: SplitMix64

    init(_ seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func integer(_ range: Range<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.count))
    }

    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool { integer(0..<count) == 0 }

    mutating func tokens(_ count: Int, vocabulary: Int = 50) -> [Int32] {
        (0..<count).map { _ in Int32(integer(0..<vocabulary)) }
    }
}

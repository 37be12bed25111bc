import Synchronization

/// Random numbers for names of traces and spans.
///
/// The system is asked for the seed alone: asking it for each number, several times an exchange, would cost more than all else
/// about a name. A name is no secret; that no two are alike is what matters.
enum RandomWords {
    /// A generator of Blackman and Vigna, xoshiro256**, seeded by the system.
    private struct Generator {
        private var state: (UInt64, UInt64, UInt64, UInt64)

        init() {
            var system = SystemRandomNumberGenerator()
            // Not all zero, which would stay zero.
            state = (system.next(), system.next(), system.next(), system.next() | 1)
        }

        mutating func next() -> UInt64 {
            let result = Self.rotated(state.1 &* 5, 7) &* 9
            let shifted = state.1 << 17
            state.2 ^= state.0
            state.3 ^= state.1
            state.1 ^= state.2
            state.0 ^= state.3
            state.2 ^= shifted
            state.3 = Self.rotated(state.3, 45)
            return result
        }

        private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
            value << count | value >> (64 - count)
        }
    }

    private static let generator = Mutex(Generator())

    static func pair() -> (UInt64, UInt64) {
        generator.withLock { ($0.next(), $0.next()) }
    }
}

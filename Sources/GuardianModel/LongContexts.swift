import GuardCore
import Synchronization

/// What is read of long contexts, remembered for a while.
///
/// An answer's pieces are judged one after another behind the same query, and the ends of a query that is one word without a break cost
/// the time of the whole word. Texts are not kept: the key is a 128-bit hash with a seed of this process.
final class LongContexts: Sendable {
    private struct Key: Hashable {
        var low: Int
        var high: Int

        init(_ turns: [ClassifierInput.Turn]) {
            func hash(_ salt: UInt8) -> Int {
                var hasher = Hasher()
                hasher.combine(salt)
                hasher.combine(turns)
                return hasher.finalize()
            }
            (low, high) = (hash(0), hash(1))
        }
    }

    /// Bytes from which on a context is remembered; a shorter one is read faster than it is looked up.
    static let leastBytes = 16 * 1024
    private static let capacity = 256

    private let known = Mutex<[Key: [Int32]]>([:])

    /// - Parameter read: gives the tokens of turns that are not known.
    func tokens(of turns: [ClassifierInput.Turn], read: ([ClassifierInput.Turn]) -> [Int32]) -> [Int32] {
        guard turns.reduce(0, { $0 + $1.text.utf8.count }) >= Self.leastBytes else { return read(turns) }
        let key = Key(turns)
        if let tokens = known.withLock({ $0[key] }) { return tokens }
        let tokens = read(turns)
        known.withLock { known in
            // All go at once: what streams at the moment is back with its next piece.
            if known.count >= Self.capacity { known = [:] }
            known[key] = tokens
        }
        return tokens
    }
}

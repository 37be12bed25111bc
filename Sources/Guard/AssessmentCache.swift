package import GuardCore
import Synchronization

/// Remembers the scores of texts, so that the earlier turns of a conversation are not scored again with each new one.
///
/// Scores are a pure function of role and text, so an entry never goes stale. Texts themselves are not kept: the key is
/// a 128-bit hash with a seed of this process, which an attacker can neither predict nor collide on purpose.
package final class AssessmentCache: Sendable {
    private struct Key: Hashable {
        var low: Int
        var high: Int
        var length: Int
    }

    private struct Entry {
        var assessment: Assessment
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var clock: UInt64 = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: entries kept, about 300 bytes each. The least recently used eighth goes when it is reached.
    package init(capacity: Int = 8192) {
        self.capacity = max(8, capacity)
    }

    package func assessment(for input: ClassifierInput) -> Assessment? {
        let key = Self.key(for: input)
        return state.withLock { state in
            state.clock += 1
            guard var entry = state.entries[key] else { return nil }
            entry.lastUse = state.clock
            state.entries[key] = entry
            return entry.assessment
        }
    }

    package func store(_ assessment: Assessment, for input: ClassifierInput) {
        let key = Self.key(for: input)
        state.withLock { state in
            state.clock += 1
            if state.entries.count >= capacity, state.entries[key] == nil {
                // One sort for many evictions keeps the cost per entry small without a linked list.
                let oldest = state.entries.sorted { $0.value.lastUse < $1.value.lastUse }
                for (key, _) in oldest.prefix(max(1, capacity / 8)) { state.entries[key] = nil }
            }
            state.entries[key] = Entry(assessment: assessment, lastUse: state.clock)
        }
    }

    private static func key(for input: ClassifierInput) -> Key {
        func hash(_ salt: UInt8) -> Int {
            var hasher = Hasher()
            hasher.combine(salt)
            hasher.combine(input)
            return hasher.finalize()
        }
        return Key(low: hash(0), high: hash(1), length: input.text.utf8.count)
    }
}

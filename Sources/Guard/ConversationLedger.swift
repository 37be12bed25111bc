package import GuardCore
import Synchronization

/// What was said in conversations that the provider keeps, so that a turn that only names one is judged behind what it goes
/// on from. In memory, and bounded: what it has forgotten is unknown.
package final class ConversationLedger: Sendable {
    /// How much is kept.
    package struct Limits: Sendable, Equatable {
        package var conversations = 10_000
        /// Bytes of all texts and names, and of the places that they take.
        package var bytes = 64 << 20
        /// UTF-8 bytes of one conversation's texts: its last ones are kept.
        package var conversationBytes = 16 << 10
        /// Turns of one conversation, likewise: many of a letter each take far more room than their letters.
        package var conversationTurns = 256
        /// UTF-8 bytes of a name. A conversation with a longer one is not kept: a caller may name it with as much as a request
        /// holds.
        package var nameBytes = 512

        package init() {}
    }

    /// A conversation up to one of its answers.
    package struct Entry: Sendable, Equatable {
        /// What was said, oldest first, as the LLM has it.
        package var turns: [ClassifierInput.Turn]
        /// The name under which the provider has it; nil if it has nothing of it.
        package var storedAs: String?

        package init(turns: [ClassifierInput.Turn] = [], storedAs: String? = nil) {
            self.turns = turns
            self.storedAs = storedAs
        }

        /// The entry with more turns, and with no more of them than may be kept.
        package func appending(
            _ more: [ClassifierInput.Turn],
            storedAs name: String?,
            within limits: Limits
        ) -> Entry {
            var kept: [ClassifierInput.Turn] = []
            var room = limits.conversationBytes
            for turn in (turns + more).reversed() where room > 0 && kept.count < limits.conversationTurns {
                var turn = turn
                if turn.text.utf8.count > room {
                    turn.text = String(decoding: turn.text.utf8.suffix(room), as: UTF8.self)
                }
                room -= turn.text.utf8.count
                kept.append(turn)
            }
            return Entry(turns: kept.reversed(), storedAs: name)
        }

        /// A turn's place in its list, and the head of its text.
        private static let turnBytes = 64

        var bytes: Int {
            turns.reduce(storedAs?.utf8.count ?? 0) { $0 + $1.text.utf8.count + Self.turnBytes }
        }
    }

    private struct Key: Hashable {
        var account: String
        var name: String

        /// What an entry takes under this name.
        func bytes(with entry: Entry) -> Int { name.utf8.count + entry.bytes }
    }

    private struct Store {
        var entries: [Key: (entry: Entry, number: Int)] = [:]
        /// Oldest first; one that was written again stands here twice, and counts where its number fits.
        var order: [(key: Key, number: Int)] = []
        var first = 0
        var count = 0
        var bytes = 0

        /// Keeps an entry under a name, and forgets the oldest of what is too much.
        mutating func keep(_ entry: Entry, as key: Key, within limits: Limits) {
            count += 1
            bytes += key.bytes(with: entry) - (entries[key].map { key.bytes(with: $0.entry) } ?? 0)
            entries[key] = (entry, count)
            order.append((key, count))
            while entries.count > limits.conversations || bytes > limits.bytes
                || order.count - first > 2 * limits.conversations
            {
                let oldest = order[first]
                first += 1
                guard let entry = entries[oldest.key], entry.number == oldest.number else { continue }
                bytes -= oldest.key.bytes(with: entry.entry)
                entries[oldest.key] = nil
            }
            if first > 1024, first * 2 > order.count {
                order.removeFirst(first)
                first = 0
            }
        }
    }

    package let limits: Limits
    private let store = Mutex(Store())

    package init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Whether a conversation of this name may be known.
    package func keeps(_ name: String) -> Bool { name.utf8.count <= limits.nameBytes }

    /// - Parameter account: whose conversation it is: nobody is judged by what another said.
    package func entry(_ name: String, of account: String) -> Entry? {
        // To be looked for, all of it is read, while everybody else waits.
        guard keeps(name) else { return nil }
        return store.withLock { $0.entries[Key(account: account, name: name)]?.entry }
    }

    package func record(_ entry: Entry, as name: String, of account: String) {
        guard keeps(name) else { return }
        let key = Key(account: account, name: name)
        store.withLock { $0.keep(entry, as: key, within: limits) }
    }

    /// Adds to a conversation whose name stays the same what was said in it. Turns may overlap, so it is added to what is known
    /// by now.
    ///
    /// - Parameters:
    ///   - name: the name under which the provider has the last of it.
    ///   - earlier: what was known when the turns began: counts where nothing is known any more.
    /// - Returns: what is known of the conversation now.
    package func append(
        _ turns: [ClassifierInput.Turn],
        storedAs name: String,
        to conversation: String,
        of account: String,
        behind earlier: Entry
    ) -> Entry {
        guard keeps(conversation) else { return earlier.appending(turns, storedAs: name, within: limits) }
        let key = Key(account: account, name: conversation)
        return store.withLock { store in
            let known = store.entries[key]?.entry ?? earlier
            let entry = known.appending(turns, storedAs: name, within: limits)
            store.keep(entry, as: key, within: limits)
            return entry
        }
    }
}

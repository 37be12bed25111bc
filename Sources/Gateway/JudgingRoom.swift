import Synchronization

/// Room for what is judged beside its exchange: in shadow mode, of a stream that is only observed, by a candidate.
///
/// Nothing there holds an exchange up, so that more may come than is judged, and what the proxy counts of an exchange it counts to
/// its end only. What finds no room goes unread, and is counted as that.
final class JudgingRoom: Sendable {
    /// What an exchange keeps beside its texts as long as it waits.
    private static let perExchange = 64 << 10

    private let limit: Int
    private let taken = Atomic<Int>(0)

    /// - Parameter limit: bytes of all that wait.
    init(limit: Int) { self.limit = limit }

    /// - Parameter bytes: of the texts.
    /// - Returns: whether there was room. If so it is to be given back.
    func take(_ bytes: Int) -> Bool {
        let room = bytes + Self.perExchange
        guard taken.add(room, ordering: .relaxed).newValue > limit else { return true }
        taken.subtract(room, ordering: .relaxed)
        return false
    }

    func giveBack(_ bytes: Int) { taken.subtract(bytes + Self.perExchange, ordering: .relaxed) }
}

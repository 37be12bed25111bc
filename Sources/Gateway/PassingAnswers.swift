import Synchronization

/// Answers that pass to their callers while they are observed, and are read after their end. A caller who has all of one may go on
/// from it at once, on another connection, and is not to be judged without it.
final class PassingAnswers: Sendable {
    /// What a request names that goes on from an answer.
    struct Place: Hashable {
        /// Whose it is: nobody waits for another's.
        var account: String
        var name: String
        /// Whether it is the name of a conversation, and not of the answer itself.
        var isOngoing: Bool
    }

    /// Between two looks at the answers: one that has passed is read within milliseconds.
    private static let pause = Duration.milliseconds(5)

    private let patience: Duration
    /// How many answers lead to each place. Found by its name, for one caller may have any number of them pass.
    private let places = Mutex<[Place: Int]>([:])

    /// How many places there are.
    var count: Int { places.withLock { $0.count } }

    /// - Parameter patience: how long a request waits. The answer may be far from its end, for nobody keeps a caller from naming it
    ///   before.
    init(patience: Duration = .seconds(2)) { self.patience = patience }

    /// An answer that leads to this place begins to pass. Ended as often as it was begun.
    func begin(_ place: Place) { places.withLock { $0[place, default: 0] += 1 } }

    /// It was read, or never will be.
    func end(_ place: Place) {
        places.withLock { places in
            guard let count = places[place] else { return }
            places[place] = count > 1 ? count - 1 : nil
        }
    }

    /// Whether an answer that has not been read leads to this place.
    func leads(to place: Place) -> Bool { places.withLock { $0[place] != nil } }

    /// Returns when none leads to this place, or when that took too long.
    func wait(for place: Place) async {
        let limit = ContinuousClock.now + patience
        while leads(to: place), ContinuousClock.now < limit {
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }
}

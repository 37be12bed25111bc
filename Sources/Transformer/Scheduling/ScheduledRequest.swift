/// A request as the scheduler's core sees it: one sequence that is written on, or some that are read.
struct ScheduledRequest {
    typealias ID = UInt64

    enum Lane: Sendable { case reading, generating }

    let id: ID
    let lane: Lane
    /// Whether it uses the prefix cache, and leaves its pages there.
    let sharesPrefix: Bool
    /// Rows that anybody had computed when it came.
    let arrival: Int
    /// Tokens that the cache had of its sequences when it came.
    let expectedHits: Int
    /// In the order in which they begin.
    var sequences: [PagedSequence]
    /// The sequences that are not closed: `firstOpen` and later ones.
    var isOpen: [Bool]
    var firstOpen = 0
    /// Whether it has got its first pages.
    var isStarted = false
    /// Tokens that the cache had of its sequences when they began.
    var hitTokens = 0
    /// Whether a token was chosen: from then on it is one row a step.
    var isWriting = false
    /// The step in which its last token was computed.
    var lastWritten = 0

    init(
        _ id: ID,
        _ sequences: [PagedSequence],
        _ lane: Lane,
        sharesPrefix: Bool,
        arrival: Int,
        expectedHits: Int
    ) {
        self.id = id
        self.lane = lane
        self.sharesPrefix = sharesPrefix
        self.arrival = arrival
        self.expectedHits = expectedHits
        self.sequences = sequences
        isOpen = [Bool](repeating: true, count: sequences.count)
    }

    /// Rows that are still to be computed, as far as is known before the sequences have looked into the cache.
    var remaining: Int {
        var rows = 0
        for index in firstOpen..<sequences.count where isOpen[index] { rows += sequences[index].remaining }
        return isStarted ? rows : max(1, rows - expectedHits)
    }

    /// The lowest comes first. The part that depends on the arrival never changes: whoever waits is overtaken by fewer and fewer.
    func rank(ageing: Int) -> Int { remaining + arrival / ageing }

    var isFinished: Bool { firstOpen == sequences.count }

    mutating func close(_ index: Int) {
        isOpen[index] = false
        while firstOpen < sequences.count, !isOpen[firstOpen] { firstOpen += 1 }
    }
}

/// What a scheduler may take, and how it deals out its steps.
package struct SchedulerLimits: Sendable, Hashable {
    /// Requests under way, waiting or computing; one more is `overloaded`. Bounds what a flood of requests can pile up.
    package var requests: Int
    /// Tokens of the requests under way, with those they may still write. Bounds what a flood of long requests can pile up.
    package var tokens: Int
    /// A request of so many tokens at the most is taken whatever `tokens` says: it is done soon, and a few long ones would close the
    /// scheduler to all such. `requests` bounds it all the same.
    package var shortTokens: Int
    /// Bytes of pages: what is being computed and what is kept for prefixes.
    package var pageBytes: Int
    /// The part of the pages that requests which generate may hold, 0...1; the rest is always there for those that only read, so
    /// that no reading ever waits until some text is written.
    package var generationShare: Double
    /// Rows of a step. More are computed little faster; a request that comes waits half a step on average.
    package var quantum: Int
    /// Rows of a step that texts being read get, however many texts are being written.
    package var readingRows: Int
    /// A request that waits gains precedence by one row for so many rows that are computed for anybody.
    package var ageing: Int

    package init(
        requests: Int = 128,
        tokens: Int = 65_536,
        shortTokens: Int = 0,
        pageBytes: Int = 64 << 20,
        generationShare: Double = 0.6,
        quantum: Int = 96,
        readingRows: Int = 32,
        ageing: Int = 4
    ) {
        self.requests = max(1, requests)
        self.tokens = max(1, tokens)
        self.shortTokens = shortTokens
        self.pageBytes = pageBytes
        self.generationShare = max(0, min(1, generationShare))
        self.quantum = max(2, quantum)
        self.readingRows = max(1, min(readingRows, self.quantum - 1))
        self.ageing = max(1, ageing)
    }
}

/// A sequence of tokens, the pages it lives in, and how far each of its tokens has come through the model.
struct PagedSequence {
    /// How far its tokens are to come.
    enum Goal: Sendable {
        /// Through the layers below the early read-out.
        case lower
        /// Through all of them.
        case whole
    }

    let goal: Goal
    /// Tokens that it may grow to; its pages are taken for as many.
    let limit: Int
    private(set) var tokens: [Int32]
    /// In order; none while it waits.
    private(set) var pages: [Int] = []
    /// Tokens, from the first, that were through the lower layers.
    private(set) var lower = 0
    /// Tokens, from the first, that were through all layers; never more than `lower`.
    private(set) var upper = 0

    init(_ tokens: [Int32], goal: Goal, limit: Int? = nil) {
        self.tokens = tokens
        self.goal = goal
        self.limit = max(limit ?? tokens.count, tokens.count)
    }

    var isStarted: Bool { !pages.isEmpty }
    var pageDemand: Int { PageLayout.pages(for: limit) }
    /// Rows that are still to be computed.
    var remaining: Int { tokens.count - (goal == .lower ? lower : upper) }

    /// Gives it its pages.
    ///
    /// - Parameter match: what the cache has of its beginning, in the first of the pages.
    mutating func start(_ match: PrefixCache.Match, pages: [Int]) {
        self.pages = pages
        lower = match.lower
        // The last token goes through the upper layers in any case: what follows it is asked for.
        upper = min(match.upper, goal == .whole ? tokens.count - 1 : match.upper)
    }

    /// Forgets how far it has come.
    ///
    /// - Returns: its pages, to be let go.
    mutating func stop() -> [Int] {
        defer { (pages, lower, upper) = ([], 0, 0) }
        return pages
    }

    /// A number that changes whenever a page's lower or upper layers have become complete.
    var fullPages: Int { lower / PageLayout.tokens + upper / PageLayout.tokens }

    /// Leaves what was computed in a cache; its pages stay its own too.
    ///
    /// - Parameter isEnded: whether it goes no further, so that its tail can be kept as well.
    mutating func keep(in cache: inout PrefixCache, _ pool: inout PagePool, isEnded: Bool) {
        cache.insert(tokens, pages: &pages, lower: lower, upper: upper, isEnded: isEnded, into: &pool)
    }

    /// The next rows of it, at most `rows`, to be computed in one go.
    func next(_ rows: Int) -> (stage: StepSegment.Stage, rows: Range<Int>) {
        switch goal {
        case .lower: (.lower, lower..<min(tokens.count, lower + rows))
        case .whole where upper < lower: (.upper, upper..<min(lower, upper + rows))
        case .whole: (.whole, lower..<min(tokens.count, lower + rows))
        }
    }

    /// Notes that rows have been computed.
    mutating func advance(_ stage: StepSegment.Stage, _ rows: Range<Int>) {
        if stage != .upper { lower = rows.upperBound }
        if stage != .lower { upper = rows.upperBound }
    }

    /// Adds a token that was chosen from the logits.
    mutating func append(_ token: Int32) {
        precondition(tokens.count < limit, "the sequence has no room for a token")
        tokens.append(token)
    }
}

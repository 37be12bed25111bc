/// Decides what is computed next. No model, no clock and no thread: given the live requests, `nextStep` says which rows form
/// the next step; told by `complete` that they were computed, it says what became ready.
///
/// **Order.** Texts that are being written go first, by one token each, or the few that can only follow one another: they
/// need few rows and somebody reads along. The rest of
/// the step's quantum goes to texts that are being read, the one with the fewest rows left first. Waiting counts: a request's
/// rank is the rows it has left plus the rows that anybody had computed when it came, divided by `ageing`. The second part
/// never changes, so a request of n rows is overtaken by none that comes more than n * `ageing` computed rows after it:
/// nothing starves. A long text is read in pieces, and whatever is shorter goes between them.
///
/// **Pages.** A sequence takes all the pages that it can ever need when its first row is due, or waits; so whatever has
/// begun can finish, and there is no deadlock. In each lane, reading and generating, sequences begin in the order of rank.
/// Sequences that generate never hold more than their share of the pool. Those that read may use all of it while no
/// generation waits for pages, and the rest of it always. Every sequence fits its lane's share, so the first of a lane gets
/// its pages as soon as what its own lane has begun is done.
struct SchedulerCore {
    /// Rows of one sequence in a step.
    struct PlannedSegment: Equatable {
        var request: ScheduledRequest.ID
        /// Of the request's sequences.
        var sequence: Int
        var stage: StepSegment.Stage
        /// Positions in the sequence.
        var rows: Range<Int>
        var wantsLogits: Bool
    }

    /// What a sequence has come to.
    enum Event: Equatable {
        /// All of its tokens were read. It keeps its pages until `close`.
        case read(ScheduledRequest.ID, sequence: Int)
        /// The logits after its last token are those of this segment of the step: `append` or `remove` is due.
        case logits(ScheduledRequest.ID, segment: Int)
    }

    /// The beginning of a page that is needed in another one too.
    struct PageCopy: Equatable {
        var from: Int
        var to: Int
        /// The first tokens of both.
        var tokens: Int
        /// Whether any of them was through all layers.
        var isWhole: Bool

        init(_ part: PrefixCache.Part, to page: Int) {
            (from, to, tokens, isWhole) = (part.page, page, part.tokens, part.upper > 0)
        }
    }

    /// What was done so far.
    struct Counts: Equatable {
        var steps = 0
        var rows = 0
        var segments = 0
        /// Tokens of begun sequences that the cache had been through the lower layers with, and those it had not.
        var hitTokens = 0
        var missTokens = 0
    }

    let limits: SchedulerLimits
    /// Pages that generating sequences may hold in sum.
    let generatingPages: Int
    var pool: PagePool
    var cache = PrefixCache()
    var requests: [ScheduledRequest.ID: ScheduledRequest] = [:]
    /// Pages held by the sequences of each lane; a shared page counts for each of its holders.
    var held: [ScheduledRequest.Lane: Int] = [:]
    var counts = Counts()
    /// Sequences that need no step, since the cache had all of them.
    var found: [Event] = []
    /// To be made, in order, before anything is computed or read.
    var copies: [PageCopy] = []

    init(limits: SchedulerLimits, pages: Int) {
        self.limits = limits
        generatingPages = Int(Double(pages) * limits.generationShare)
        pool = PagePool(count: pages)
    }

    /// Tokens of the longest sequence of a lane.
    func longest(_ lane: ScheduledRequest.Lane) -> Int {
        (lane == .generating ? generatingPages : pool.count - generatingPages) * PageLayout.tokens
    }

    var isEmpty: Bool { requests.isEmpty }
    /// Requests that have no pages yet.
    var waiting: Int { requests.values.count { !$0.isStarted } }
    /// Pages that sequences hold; those that only the cache holds are as good as free.
    var pagesInUse: Int { pool.count - pool.freeCount - cache.idleCount(pool) }

    // MARK: Requests

    /// Takes in a request.
    ///
    /// - Parameter sequences: none empty, none longer than `longest` of the lane; a single one if it generates.
    mutating func add(
        _ id: ScheduledRequest.ID,
        _ sequences: [PagedSequence],
        _ lane: ScheduledRequest.Lane,
        sharesPrefix: Bool = true
    ) {
        precondition(requests[id] == nil, "request \(id) is there already")
        precondition(!sequences.isEmpty, "a request without sequences never ends")
        precondition(
            sequences.allSatisfy { !$0.tokens.isEmpty && $0.limit <= longest(lane) },
            "a sequence is empty, or longer than its lane can hold"
        )
        requests[id] = ScheduledRequest(
            id,
            sequences,
            lane,
            sharesPrefix: sharesPrefix,
            arrival: counts.rows,
            // A turn whose history is cached is as short as its new tokens.
            expectedHits: sharesPrefix ? sequences.reduce(0) { $0 + cache.matchedTokens($1.tokens) } : 0
        )
    }

    /// Forgets a request, whatever it has come to, and lets go of its pages.
    ///
    /// - Parameter keepsPrefix: whether what was computed of it may be used again.
    mutating func remove(_ id: ScheduledRequest.ID, keepsPrefix: Bool = true) {
        guard let request = requests[id] else { return }
        for index in request.firstOpen..<request.sequences.count where request.isOpen[index] {
            release(id, index, keepsPrefix: keepsPrefix)
        }
        requests[id] = nil
    }

    /// Lets go of the pages of a sequence that was read; the request goes with its last one.
    ///
    /// - Returns: whether the request is gone.
    mutating func close(_ id: ScheduledRequest.ID, sequence index: Int) -> Bool {
        guard requests[id]?.isOpen[index] == true else { return requests[id] == nil }
        release(id, index, keepsPrefix: true)
        requests[id]?.close(index)
        guard requests[id]?.isFinished == true else { return false }
        requests[id] = nil
        return true
    }

    /// Adds a token that was chosen after a `logits` event; it is computed in one of the next steps.
    mutating func append(_ token: Int32, to id: ScheduledRequest.ID) {
        requests[id]?.sequences[0].append(token)
        requests[id]?.isWriting = true
    }

    // MARK: Steps

    /// The rows of the next step; empty if there is nothing to compute. `takeCopies` and then `takeFound` are due afterwards.
    mutating func nextStep() -> [PlannedSegment] {
        let readers = order(isWriting: false)
        let writers = order(isWriting: true)
        // However many write, reading goes on.
        let kept = readers.isEmpty ? 0 : min(limits.readingRows, limits.quantum - 1)
        var rows = limits.quantum - kept
        var segments: [PlannedSegment] = []
        planWriting(writers[...], &rows, &segments)
        let written = segments.count
        rows += kept
        planReading(readers, &rows, &segments)
        planWriting(writers.dropFirst(written), &rows, &segments)
        return segments
    }

    /// Notes that a step was computed.
    ///
    /// - Returns: what became ready; what was read before what is written, which costs more to go on with.
    mutating func complete(_ segments: [PlannedSegment]) -> [Event] {
        counts.steps += 1
        counts.segments += segments.count
        var read: [Event] = []
        var logits: [Event] = []
        for (index, segment) in segments.enumerated() {
            counts.rows += segment.rows.count
            let id = segment.request
            guard let before = requests[id]?.sequences[segment.sequence].fullPages else { continue }
            requests[id]?.sequences[segment.sequence].advance(segment.stage, segment.rows)
            guard let request = requests[id] else { continue }
            let sequence = request.sequences[segment.sequence]
            if request.sharesPrefix, sequence.fullPages != before {
                requests[id]?.sequences[segment.sequence].keep(in: &cache, &pool, isEnded: false)
            }
            if segment.wantsLogits {
                logits.append(.logits(id, segment: index))
            } else if request.lane == .reading, sequence.remaining == 0 {
                read.append(.read(id, sequence: segment.sequence))
            }
        }
        return read + logits
    }

    /// Copies that what was begun needs.
    mutating func takeCopies() -> [PageCopy] {
        defer { copies = [] }
        return copies
    }

    /// Sequences that were begun and need no step.
    mutating func takeFound() -> [Event] {
        defer { found = [] }
        return found
    }

    /// Those that write, the one whose last turn is longest ago first; or those that do not, by their rank.
    private func order(isWriting: Bool) -> [ScheduledRequest.ID] {
        requests.values.lazy.filter { $0.isWriting == isWriting }
            .map { (key: isWriting ? $0.lastWritten : $0.rank(ageing: limits.ageing), id: $0.id) }
            .sorted { $0 < $1 }
            .map(\.id)
    }

    private mutating func planWriting(
        _ writers: ArraySlice<ScheduledRequest.ID>,
        _ rows: inout Int,
        _ segments: inout [PlannedSegment]
    ) {
        for id in writers where rows > 0 {
            plan(id, 0, &rows, &segments)
            requests[id]?.lastWritten = counts.steps + 1
        }
    }

    private mutating func planReading(
        _ readers: [ScheduledRequest.ID],
        _ rows: inout Int,
        _ segments: inout [PlannedSegment]
    ) {
        // A lane whose first sequence must wait for pages lets none of its later ones pass.
        var waitingLanes: Set<ScheduledRequest.Lane> = []
        let generationWaits = readers.contains { requests[$0]?.lane == .generating && requests[$0]?.isStarted == false }
        for id in readers {
            guard let request = requests[id] else { continue }
            for index in request.firstOpen..<request.sequences.count where request.isOpen[index] {
                guard rows > 0 else { return }
                if !request.sequences[index].isStarted {
                    guard !waitingLanes.contains(request.lane), start(id, index, generationWaits: generationWaits)
                    else {
                        waitingLanes.insert(request.lane)
                        break
                    }
                }
                plan(id, index, &rows, &segments)
            }
        }
    }

    private func plan(
        _ id: ScheduledRequest.ID,
        _ index: Int,
        _ rows: inout Int,
        _ segments: inout [PlannedSegment]
    ) {
        guard let sequence = requests[id]?.sequences[index], sequence.remaining > 0 else { return }
        let next = sequence.next(rows)
        rows -= next.rows.count
        segments.append(
            PlannedSegment(
                request: id,
                sequence: index,
                stage: next.stage,
                rows: next.rows,
                wantsLogits: sequence.goal == .whole && next.rows.upperBound == sequence.tokens.count
                    && next.stage != .lower
            )
        )
    }
}

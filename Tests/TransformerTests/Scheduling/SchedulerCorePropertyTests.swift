import Testing

@testable import Transformer

/// Random requests, removals and endings: what must hold after every step, whatever happens.
struct SchedulerCorePropertyTests {
    private struct Run {
        var random: SeededSequence
        var core: SchedulerCore
        var next: UInt64 = 1
        /// What the places of each page were computed for: a hash of all tokens up to and including their own, through the lower
        /// layers and through all.
        var lower: [[Int]]
        var upper: [[Int]]
        var copied = 0
        /// Rows at which a request came, and how many it had.
        var arrivals: [UInt64: (rows: Int, length: Int)] = [:]

        init(seed: UInt64) {
            random = SeededSequence(seed)
            var limits = SchedulerLimits()
            limits.quantum = random.integer(4..<120)
            limits.readingRows = random.integer(1..<limits.quantum)
            limits.generationShare = Double(random.integer(3..<8)) / 10
            core = SchedulerCore(limits: limits, pages: random.integer(4..<40))
            lower = Array(repeating: Array(repeating: 0, count: PageLayout.tokens), count: core.pool.count)
            upper = lower
        }

        /// A text that often begins like another.
        mutating func text(_ longest: Int) -> [Int32] {
            var tokens: [Int32] = []
            let length = random.integer(1..<min(longest, 400) + 1)
            while tokens.count < length {
                let block = Int32(random.integer(0..<3))
                tokens += (0..<16).map { $0 + block * 16 }
            }
            return Array(tokens.prefix(length))
        }

        mutating func arrive() {
            let shares = !random.oneIn(5)
            if random.oneIn(3) {
                let longest = core.longest(.generating)
                let prompt = text(longest)
                let limit = min(longest, prompt.count + random.integer(0..<60))
                core.add(next, [PagedSequence(prompt, goal: .whole, limit: limit)], .generating, sharesPrefix: shares)
                arrivals[next] = (core.counts.rows, prompt.count)
            } else {
                let texts = (0..<random.integer(1..<5)).map { _ in text(core.longest(.reading)) }
                core.add(next, texts.map { PagedSequence($0, goal: .lower) }, .reading, sharesPrefix: shares)
                arrivals[next] = (core.counts.rows, texts.reduce(0) { $0 + $1.count })
            }
            next += 1
        }

        mutating func step() {
            let segments = core.nextStep()
            checkStep(segments)
            for copy in core.takeCopies() {
                copied += copy.tokens
                lower[copy.to].replaceSubrange(..<copy.tokens, with: lower[copy.from][..<copy.tokens])
                guard copy.isWhole else { continue }
                upper[copy.to].replaceSubrange(..<copy.tokens, with: upper[copy.from][..<copy.tokens])
            }
            handle(core.takeFound())
            // Now and then a step is given up, with all that it was for.
            if random.oneIn(15) {
                for id in Set(segments.map(\.request)) { core.remove(id, keepsPrefix: !random.oneIn(3)) }
            } else {
                compute(segments)
                handle(core.complete(segments))
            }
            checkPages()
            checkContents()
        }

        private func hashes(_ tokens: [Int32]) -> [Int] {
            var hasher = Hasher()
            return tokens.map {
                hasher.combine($0)
                return hasher.finalize()
            }
        }

        mutating func compute(_ segments: [SchedulerCore.PlannedSegment]) {
            for segment in segments {
                guard let sequence = core.requests[segment.request]?.sequences[segment.sequence] else { continue }
                let hashes = hashes(sequence.tokens)
                for row in segment.rows {
                    let (page, place) = (sequence.pages[row / PageLayout.tokens], row % PageLayout.tokens)
                    if segment.stage != .upper { lower[page][place] = hashes[row] }
                    if segment.stage != .lower { upper[page][place] = hashes[row] }
                }
            }
        }

        /// Whatever a sequence counts as computed is in its pages, whoever computed it.
        func checkContents() {
            for sequence in core.requests.values.flatMap(\.sequences) where sequence.isStarted {
                let hashes = hashes(sequence.tokens)
                for row in 0..<sequence.lower {
                    let (page, place) = (sequence.pages[row / PageLayout.tokens], row % PageLayout.tokens)
                    #expect(lower[page][place] == hashes[row])
                    if row < sequence.upper { #expect(upper[page][place] == hashes[row]) }
                }
            }
        }

        mutating func handle(_ events: [SchedulerCore.Event]) {
            for event in events {
                switch event {
                case .read(let id, let sequence): _ = core.close(id, sequence: sequence)
                case .logits(let id, _):
                    guard let sequence = core.requests[id]?.sequences.first else { continue }
                    if sequence.tokens.count == sequence.limit || random.oneIn(40) {
                        core.remove(id)
                    } else {
                        core.append(Int32(random.integer(0..<48)), to: id)
                    }
                }
            }
        }

        func checkStep(_ segments: [SchedulerCore.PlannedSegment]) {
            let rows = segments.reduce(0) { $0 + $1.rows.count }
            #expect(rows <= core.limits.quantum)
            // Work is conserved: a step is empty only if there is nothing left to compute.
            if segments.isEmpty { #expect(core.requests.values.allSatisfy { $0.remaining == 0 }) }
            struct Place: Hashable {
                var id: UInt64
                var sequence: Int
            }
            #expect(Set(segments.map { Place(id: $0.request, sequence: $0.sequence) }).count == segments.count)
            for segment in segments {
                guard let sequence = core.requests[segment.request]?.sequences[segment.sequence] else {
                    Issue.record("a segment of a request that is gone")
                    continue
                }
                #expect(!segment.rows.isEmpty && segment.rows.upperBound <= sequence.tokens.count)
                #expect(sequence.pages.count * PageLayout.tokens >= segment.rows.upperBound)
                #expect(segment.rows.lowerBound == (segment.stage == .lower ? sequence.lower : sequence.upper))
                if segment.stage == .upper { #expect(segment.rows.upperBound <= sequence.lower) }
            }
            // Nothing starves: no row goes to a request that came this long after one which got none.
            let latest =
                segments.filter { core.requests[$0.request]?.isWriting == false }
                .compactMap { arrivals[$0.request]?.rows }.max() ?? 0
            for request in core.requests.values where !request.isWriting && request.remaining > 0 {
                guard !segments.contains(where: { $0.request == request.id }), let came = arrivals[request.id],
                    !core.requests.values.contains(where: { $0.lane == request.lane && !$0.sequences[0].isStarted })
                else { continue }
                #expect(latest - came.rows <= (came.length + 1) * core.limits.ageing)
            }
        }

        func checkPages() {
            var holders = [Int](repeating: 0, count: core.pool.count)
            var held: [ScheduledRequest.Lane: Int] = [:]
            for request in core.requests.values {
                for sequence in request.sequences {
                    #expect(sequence.upper <= sequence.lower && sequence.lower <= sequence.tokens.count)
                    for page in sequence.pages { holders[page] += 1 }
                    held[request.lane, default: 0] += sequence.pages.count
                }
            }
            for lane in [ScheduledRequest.Lane.reading, .generating] {
                #expect(core.held[lane, default: 0] == held[lane, default: 0])
            }
            #expect(held[.generating, default: 0] <= core.generatingPages)
            let kept = core.pool.count - core.pool.freeCount - holders.count { $0 > 0 }
            #expect(core.cache.idleCount(core.pool) == kept)
            for (page, count) in holders.enumerated() {
                // The cache holds a page once at most.
                #expect((count...count + 1).contains(core.pool.holders(of: page)))
            }
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func pagesAreNeitherLostNorHeldTwiceAndNobodyStarves(seed: UInt64) {
        var run = Run(seed: seed)
        for _ in 0..<120 {
            if run.random.oneIn(2), run.core.requests.count < 20 { run.arrive() }
            if run.random.oneIn(12), let id = run.core.requests.keys.min() { run.core.remove(id) }
            run.step()
        }
        var steps = 0
        while !run.core.isEmpty, steps < 20_000 {
            run.step()
            steps += 1
        }
        #expect(run.core.isEmpty)
        #expect(run.core.pagesInUse == 0)
        while run.core.cache.evict(from: &run.core.pool) {}
        #expect(run.core.pool.freeCount == run.core.pool.count)
        #expect(run.core.cache.count == 0)
    }

    @Test func thePropertiesSeeHitsAndWaiting() {
        // The runs above would prove little if nothing was ever shared, or no lane was ever full.
        var hits = 0
        var copied = 0
        var waited = false
        for seed in 1...10 as ClosedRange<UInt64> {
            var run = Run(seed: seed)
            for _ in 0..<120 {
                if run.random.oneIn(2), run.core.requests.count < 20 { run.arrive() }
                run.step()
                waited = waited || run.core.waiting > 5
            }
            hits += run.core.counts.hitTokens
            copied += run.copied
        }
        #expect(hits > 1000)
        #expect(copied > 100)
        #expect(waited)
    }
}

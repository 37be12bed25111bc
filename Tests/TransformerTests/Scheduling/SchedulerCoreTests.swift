import Testing

@testable import Transformer

struct SchedulerCoreTests {
    private func tokens(_ count: Int, seed: Int32) -> [Int32] { (0..<Int32(count)).map { $0 &* 31 &+ seed &* 1009 } }

    private func core(pages: Int = 64, _ change: (inout SchedulerLimits) -> Void = { _ in }) -> SchedulerCore {
        var limits = SchedulerLimits()
        change(&limits)
        return SchedulerCore(limits: limits, pages: pages)
    }

    private func read(_ core: inout SchedulerCore, _ id: UInt64, _ lengths: Int...) {
        let sequences = lengths.enumerated().map {
            PagedSequence(tokens($1, seed: Int32(id) * 100 + Int32($0)), goal: .lower)
        }
        core.add(id, sequences, .reading)
    }

    private func write(_ core: inout SchedulerCore, _ id: UInt64, prompt: Int, more: Int) {
        let sequence = PagedSequence(tokens(prompt, seed: Int32(id) * 100), goal: .whole, limit: prompt + more)
        core.add(id, [sequence], .generating)
    }

    /// Computes a step; closes what was read and writes a token where logits came.
    private func step(_ core: inout SchedulerCore) -> [SchedulerCore.PlannedSegment] {
        let segments = core.nextStep()
        for event in core.takeFound() + core.complete(segments) {
            switch event {
            case .read(let id, let sequence): _ = core.close(id, sequence: sequence)
            case .logits(let id, _):
                guard let sequence = core.requests[id]?.sequences[0] else { continue }
                if sequence.tokens.count < sequence.limit { core.append(7, to: id) } else { core.remove(id) }
            }
        }
        return segments
    }

    private func rows(_ segments: [SchedulerCore.PlannedSegment], of id: UInt64) -> Int {
        segments.filter { $0.request == id }.reduce(0) { $0 + $1.rows.count }
    }

    @Test func aLoneRequestStartsAtOnceAndIsReadInQuanta() {
        var core = core()
        read(&core, 1, 200)
        #expect(core.waiting == 1)
        var taken: [Range<Int>] = []
        while !core.isEmpty { taken += step(&core).map(\.rows) }
        #expect(taken == [0..<96, 96..<192, 192..<200])
        #expect(core.counts.rows == 200)
    }

    @Test func shortRequestsArePutTogetherAndGoBeforeLongOnes() {
        var core = core()
        read(&core, 1, 500)
        read(&core, 2, 40)
        read(&core, 3, 30)
        let segments = step(&core)
        #expect(segments.map(\.request) == [3, 2, 1])
        #expect(segments.map(\.rows.count) == [30, 40, 26])
        read(&core, 4, 50)
        let next = step(&core)
        #expect(next.map(\.request) == [4, 1])
    }

    @Test func theTextsOfARequestAreReadTogether() {
        var core = core()
        read(&core, 1, 20, 30, 40, 50)
        let first = step(&core)
        #expect(first.map(\.rows.count) == [20, 30, 40, 6])
        let second = step(&core)
        #expect(second.map(\.rows.count) == [44])
        #expect(core.isEmpty)
    }

    @Test func writingGoesOnWhileALongTextIsRead() {
        var core = core()
        write(&core, 1, prompt: 10, more: 20)
        let segments = step(&core)
        #expect(segments.map(\.wantsLogits) == [true])
        read(&core, 2, 700)
        for _ in 0..<7 {
            let segments = step(&core)
            #expect(segments.map(\.request) == [1, 2])
            #expect(segments.map(\.rows.count) == [1, 95])
        }
    }

    @Test func readingGoesOnHoweverManyWrite() {
        var core = core(pages: 200) { ($0.quantum, $0.readingRows) = (16, 4) }
        for id in 1...40 as ClosedRange<UInt64> { write(&core, id, prompt: 3, more: 60) }
        while core.requests.values.contains(where: { !$0.isWriting }) { _ = step(&core) }
        read(&core, 99, 40)
        var written: [UInt64: Int] = [:]
        for _ in 0..<10 {
            let segments = step(&core)
            #expect(rows(segments, of: 99) == 4)
            #expect(segments.reduce(0) { $0 + $1.rows.count } == 16)
            for segment in segments where segment.request != 99 { written[segment.request, default: 0] += 1 }
        }
        // Twelve turns a step for 40 writers: each has one in four steps.
        #expect(written.values.allSatisfy { $0 >= 2 })
        #expect(written.count == 40)
    }

    @Test func readingGoesOnWhileSomebodyWritesManyTokensAtOnce() {
        var core = core(pages: 200) { ($0.quantum, $0.readingRows) = (16, 4) }
        write(&core, 1, prompt: 3, more: 60)
        let first = core.nextStep()
        #expect(core.complete(first) == [.logits(1, segment: 0)])
        for token in 0..<40 as Range<Int32> { core.append(token, to: 1) }
        read(&core, 2, 40)
        for _ in 0..<3 {
            let segments = step(&core)
            #expect(rows(segments, of: 1) == 12)
            #expect(rows(segments, of: 2) == 4)
            #expect(segments.allSatisfy { !$0.wantsLogits })
        }
        let last = core.nextStep()
        #expect(last.map(\.rows.count) == [4, 12])
        #expect(last.map(\.wantsLogits) == [true, false])
    }

    @Test func aLongRequestIsNotOvertakenForEver() {
        var core = core()
        read(&core, 1, 400)
        var next: UInt64 = 2
        while core.requests[1] != nil {
            // More short requests than a step can read, at every step.
            for _ in 0..<4 {
                read(&core, next, 32)
                next += 1
            }
            _ = step(&core)
            // Those that came in time to go before it, a third more than could be read, and itself.
            let limit = 400 * core.limits.ageing * 4 / 3 + 400
            #expect(core.counts.rows <= limit)
            guard core.counts.rows <= limit else { return }
        }
    }

    @Test func whatWasReadIsNotReadAgain() {
        var core = core()
        read(&core, 1, 75)
        _ = step(&core)
        #expect(core.isEmpty)
        core.add(2, [PagedSequence(tokens(75, seed: 100), goal: .lower)], .reading)
        let again = step(&core)
        #expect(again.isEmpty)
        #expect(core.isEmpty)
        #expect((core.counts.hitTokens, core.counts.missTokens) == (75, 75))
        // Text goes on behind it: only what is new is read.
        core.add(3, [PagedSequence(tokens(75, seed: 100) + [1, 2, 3], goal: .lower)], .reading)
        let more = step(&core)
        #expect(more.map(\.rows) == [75..<78])
    }

    @Test func generationGoesOnFromATextThatWasRead() {
        var core = core()
        let text = tokens(45, seed: 3)
        core.add(1, [PagedSequence(text, goal: .lower)], .reading)
        _ = step(&core)
        core.add(2, [PagedSequence(text + [5, 6, 7], goal: .whole, limit: 60)], .generating)
        let first = step(&core)
        #expect(first.map(\.stage) == [.upper])
        #expect(first.map(\.rows) == [0..<45])
        #expect(first.map(\.wantsLogits) == [false])
        let second = step(&core)
        #expect(second.map(\.stage) == [.whole])
        #expect(second.map(\.rows) == [45..<48])
        #expect(second.map(\.wantsLogits) == [true])
    }

    @Test func ofAPromptThatIsKnownThroughoutTheLastTokenIsComputed() {
        var core = core()
        let text = tokens(64, seed: 3)
        core.add(1, [PagedSequence(text, goal: .whole, limit: 70)], .generating)
        _ = step(&core)
        core.remove(1)
        core.add(2, [PagedSequence(text, goal: .whole, limit: 70)], .generating)
        let segments = step(&core)
        #expect(segments.map(\.stage) == [.upper])
        #expect(segments.map(\.rows) == [63..<64])
        #expect(segments.map(\.wantsLogits) == [true])
    }

    @Test func aRequestThatSharesNothingNeitherTakesNorLeaves() {
        var core = core()
        let text = tokens(64, seed: 3)
        for id in 1...2 as ClosedRange<UInt64> {
            core.add(id, [PagedSequence(text, goal: .lower)], .reading, sharesPrefix: false)
            let segments = step(&core)
            #expect(segments.map(\.rows) == [0..<64])
        }
        #expect(core.cache.count == 0)
        #expect(core.pool.freeCount == core.pool.count)
        core.add(3, [PagedSequence(text, goal: .lower)], .reading)
        _ = step(&core)
        core.add(4, [PagedSequence(text, goal: .lower)], .reading, sharesPrefix: false)
        let segments = step(&core)
        #expect(segments.map(\.rows) == [0..<64])
    }

    @Test func requestsThatRunBesideEachOtherShareABeginning() {
        var core = core()
        let start = tokens(96, seed: 5)
        for id in 1...3 as ClosedRange<UInt64> {
            core.add(id, [PagedSequence(start + tokens(10, seed: Int32(id)), goal: .lower)], .reading)
        }
        while !core.isEmpty { _ = step(&core) }
        // The others begin when the first three pages are there.
        #expect(core.counts.rows == 96 + 3 * 10)
    }

    @Test func readingNeverWaitsForWriting() {
        var core = core(pages: 20) { $0.generationShare = 0.6 }
        for id in 1...4 as ClosedRange<UInt64> { write(&core, id, prompt: 64, more: 100) }
        for _ in 0..<5 { _ = step(&core) }
        #expect(core.held[.generating] == 12)
        #expect(core.waiting == 2)
        read(&core, 9, 200)
        var steps = 0
        while core.requests[9] != nil {
            _ = step(&core)
            steps += 1
        }
        #expect(steps == 3)
    }

    @Test func aGenerationGetsItsShareHoweverMuchIsRead() {
        var core = core(pages: 20) { $0.generationShare = 0.5 }
        for id in 1...10 as ClosedRange<UInt64> { read(&core, id, 300) }
        for _ in 0..<3 { _ = step(&core) }
        write(&core, 20, prompt: 300, more: 20)
        var next: UInt64 = 100
        while core.requests[20]?.isStarted == false {
            read(&core, next, 100)
            next += 1
            _ = step(&core)
            #expect(next < 200)
            guard next < 200 else { return }
        }
    }

    @Test func theLongestSequencesOfBothLanesFit() {
        for pages in [2, 3, 10, 33] {
            var core = core(pages: pages) { $0.generationShare = 0.5 }
            write(&core, 1, prompt: 1, more: core.longest(.generating) - 1)
            read(&core, 2, core.longest(.reading))
            read(&core, 3, core.longest(.reading))
            var steps = 0
            while !core.isEmpty, steps < 5000 {
                _ = step(&core)
                steps += 1
            }
            #expect(core.isEmpty)
        }
    }

    @Test func aTextThatNeedsAllPagesIsNotStoppedByTheOneItBeginsLike() {
        var core = core(pages: 3) { $0.generationShare = 1 }
        let known = tokens(96, seed: 1)
        core.add(1, [PagedSequence(known, goal: .whole, limit: 96)], .generating)
        for _ in 0..<10 where !core.isEmpty { _ = step(&core) }
        // It parts from what is known in the middle of a page.
        let other = Array(known.prefix(40)) + tokens(50, seed: 2)
        core.add(2, [PagedSequence(other, goal: .whole, limit: 96)], .generating)
        for _ in 0..<20 where !core.isEmpty { _ = step(&core) }
        #expect(core.isEmpty)
        #expect(core.counts.rows >= known.count + 50)
    }
}

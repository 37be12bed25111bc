import Foundation
import Synchronization
import Testing

@testable import Transformer

struct InferenceSchedulerTests {
    private let tiny: PackedTiny

    init() throws { tiny = try PackedTiny() }

    private func tokens(_ count: Int, seed: UInt64) -> [Int32] {
        var random = SeededSequence(seed)
        return random.tokens(count)
    }

    private func greedy(_ maxTokens: Int) -> GenerationLimits { GenerationLimits(maxTokens: maxTokens, stopTokens: []) }

    private func write(
        _ scheduler: InferenceScheduler,
        _ prompt: [Int32],
        _ maxTokens: Int,
        _ sampling: SamplingOptions = SamplingOptions(),
        automaton: TokenAutomaton? = nil,
        sharesPrefix: Bool = true
    ) async throws -> (tokens: [Int32], outcome: GenerationOutcome) {
        let written = Mutex<[Int32]>([])
        let limits = greedy(maxTokens)
        let request = GenerationRequest(prompt, sampling: sampling, limits: limits, automaton: automaton)
        let outcome = try await scheduler.generate(request, sharesPrefix: sharesPrefix) { token in
            written.withLock { $0.append(token) }
            return true
        }
        return (written.withLock { $0 }, outcome)
    }

    // MARK: Results

    @Test func tapsGiveTheStatesOfTheLowerLayers() async throws {
        let text = tokens(75, seed: 1)
        let states = try tiny.states(text)
        let taps: [ResidualTap] = [.row(74), .row(3), .mean(30..<70), .mean(5..<6)]
        let result = try await tiny.scheduler().read([ReadSequence(text, taps: taps)])
        let values = try #require(result.first)
        let width = TinyModel.width
        #expect(values.count == 4 * width)
        #expect(Array(values[..<width]) == states[74])
        #expect(Array(values[width..<2 * width]) == states[3])
        #expect(Array(values[(3 * width)...]) == states[5])
        for index in 0..<width {
            let mean = states[30..<70].reduce(0.0) { $0 + Double($1[index]) } / 40
            #expect(values[2 * width + index] == Float(mean))
        }
    }

    @Test(arguments: [7, 32, 96])
    func batchedResultsAreThoseOfOneAtATime(quantum: Int) async throws {
        let scheduler = try tiny.scheduler(pages: 40) { $0.quantum = quantum }
        let tiny = tiny
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 1...12 as ClosedRange<UInt64> {
                // Some of the texts begin alike.
                let text = tokens(20 + Int(seed % 3) * 30, seed: seed % 4) + tokens(Int(seed) * 6, seed: seed)
                group.addTask {
                    let states = try tiny.states(text)
                    let taps = [ResidualTap.row(text.count - 1), .row(text.count / 2)]
                    let result = try await scheduler.read([ReadSequence(text, taps: taps)])
                    #expect(result == [states[text.count - 1] + states[text.count / 2]])
                }
                group.addTask {
                    let sampling = SamplingOptions(temperature: seed % 2 == 0 ? 0 : 0.9, seed: seed)
                    let expected = try tiny.continuation(text, sampling, count: 12)
                    let result = try await write(scheduler, text, 12, sampling)
                    #expect(result.tokens == expected)
                    #expect(result.outcome.end == .length)
                    #expect(result.outcome.tokens == 12)
                }
            }
            try await group.waitForAll()
        }
        #expect(await settles(scheduler) { $0.requests == 0 && $0.pagesInUse == 0 && $0.tokens == 0 })
    }

    @Test func severalTextsOfARequestComeBackInOrder() async throws {
        let scheduler = try tiny.scheduler()
        let texts = [200, 3, 90, 1].enumerated().map { tokens($1, seed: UInt64($0)) }
        let result = try await scheduler.read(texts.map { ReadSequence($0, taps: [.row($0.count - 1)]) })
        for (text, values) in zip(texts, result) {
            let expected = try tiny.states(text).last
            #expect(values == expected)
        }
        let none = try await scheduler.read([])
        #expect(none.isEmpty)
    }

    @Test func aStopTokenEndsTheTextAndIsNotGivenOut() async throws {
        let prompt = tokens(9, seed: 4)
        let expected = try tiny.continuation(prompt, SamplingOptions(), count: 8)
        let stop = expected[5]
        let first = try #require(expected.firstIndex(of: stop))
        let written = Mutex<[Int32]>([])
        let outcome = try await tiny.scheduler().generate(
            GenerationRequest(prompt, limits: GenerationLimits(maxTokens: 8, stopTokens: [stop]))
        ) { token in
            written.withLock { $0.append(token) }
            return true
        }
        #expect(written.withLock { $0 } == Array(expected[..<first]))
        #expect(outcome == GenerationOutcome(tokens: first, end: .stop, cachedTokens: 0))
    }

    @Test func aReaderWhoHasEnoughEndsTheText() async throws {
        let count = Atomic(0)
        let request = GenerationRequest(tokens(9, seed: 4), limits: greedy(50))
        let outcome = try await tiny.scheduler().generate(request) { _ in
            count.add(1, ordering: .relaxed).newValue < 3
        }
        #expect(outcome == GenerationOutcome(tokens: 3, end: nil, cachedTokens: 0))
    }

    @Test func theModelsPositionsEndTheText() async throws {
        // 256 positions; the last token needs none.
        let result = try await write(try tiny.scheduler(), tokens(250, seed: 4), 50)
        #expect(result.outcome.end == .length)
        #expect(result.tokens.count == 7)
    }

    /// Two beginnings, and texts behind them that have long runs without a choice.
    private func automaton() throws -> TokenAutomaton {
        var automaton = TokenAutomaton()
        for seed in 1...8 as ClosedRange<UInt64> {
            let text = tokens(3, seed: seed % 2) + [Int32(seed)] + tokens(20, seed: seed)
            try automaton.add(text, from: TokenAutomaton.start, to: TokenAutomaton.end)
        }
        return automaton
    }

    @Test(arguments: [0, 0.9])
    func whatAnAutomatonAllowsIsWrittenInOneStepAChoice(temperature: Double) async throws {
        let automaton = try automaton()
        let scheduler = try tiny.scheduler()
        let sampling = SamplingOptions(temperature: temperature, seed: 3)
        let prompt = tokens(9, seed: 4)
        let result = try await write(scheduler, prompt, 100, sampling, automaton: automaton)
        var state = TokenAutomaton.start
        for token in result.tokens { state = try #require(automaton.target(of: token, from: state)) }
        #expect(state == TokenAutomaton.end)
        #expect(result.outcome == GenerationOutcome(tokens: 24, end: .stop, cachedTokens: 0))
        #expect(result.tokens == (try tiny.continuation(prompt, sampling, count: 100, automaton: automaton)))
        // The prompt, and what stands between the two choices; nothing is computed behind the last one.
        #expect(scheduler.statistics.steps == 2)
        #expect(scheduler.statistics.rows == 9 + 3)
    }

    @Test func theLimitOfTokensEndsARunWithoutAChoice() async throws {
        let result = try await write(try tiny.scheduler(), tokens(9, seed: 4), 10, automaton: try automaton())
        #expect(result.outcome == GenerationOutcome(tokens: 10, end: .length, cachedTokens: 0))
        #expect(result.tokens.count == 10)
    }

    @Test func aReaderWhoHasEnoughEndsARunWithoutAChoice() async throws {
        let count = Atomic(0)
        let request = GenerationRequest(tokens(9, seed: 4), limits: greedy(50), automaton: try automaton())
        let outcome = try await tiny.scheduler().generate(request) { _ in
            count.add(1, ordering: .relaxed).newValue < 6
        }
        #expect(outcome == GenerationOutcome(tokens: 6, end: nil, cachedTokens: 0))
    }

    // MARK: Prefixes

    @Test func aTextThatGoesOnCostsItsNewTokens() async throws {
        let scheduler = try tiny.scheduler()
        let start = tokens(75, seed: 7)
        _ = try await write(scheduler, start, 1)
        let before = scheduler.statistics
        let longer = start + tokens(10, seed: 8)
        let result = try await write(scheduler, longer, 3)
        // The new tokens, and the first two of those that were written.
        #expect(scheduler.statistics.rows - before.rows == 10 + 2)
        #expect(result.outcome.cachedTokens == 75)
        #expect(result.tokens == (try tiny.continuation(longer, SamplingOptions(), count: 3)))
        #expect(scheduler.statistics.hitTokens == 75)
    }

    @Test func whatWasReadIsContinuedWithoutReadingItAgain() async throws {
        let scheduler = try tiny.scheduler()
        let text = tokens(45, seed: 7)
        let task: [Int32] = [3, 1, 4]
        let first = try await scheduler.read([ReadSequence(text, taps: [.row(44)])])
        #expect(scheduler.statistics.rows == 45)
        let result = try await write(scheduler, text + task, 2)
        #expect(result.outcome.cachedTokens == 45)
        // The upper layers of the text, the task, one written token.
        #expect(scheduler.statistics.rows == 45 + 45 + 3 + 1)
        #expect(result.tokens == (try tiny.continuation(text + task, SamplingOptions(), count: 2)))
        let rows = scheduler.statistics.rows
        let again = try await scheduler.read([ReadSequence(text, taps: [.row(44)])])
        #expect(again == first)
        // Its tail has been written on: of thirteen tokens eight are copied.
        #expect(scheduler.statistics.rows == rows + 5)
    }

    @Test func aTextThatGoesOnDifferentlyCostsWhatIsDifferent() async throws {
        let scheduler = try tiny.scheduler()
        let text = tokens(60, seed: 7)
        _ = try await scheduler.read([ReadSequence(text, taps: [.row(59)])])
        let other = Array(text.prefix(58)) + [3, 1, 4]
        let taps: [ResidualTap] = [.row(57), .row(60), .mean(30..<61)]
        let expected = try await tiny.scheduler().read([ReadSequence(other, taps: taps)])
        let rows = scheduler.statistics.rows
        #expect(try await scheduler.read([ReadSequence(other, taps: taps)]) == expected)
        // A page of 32 is shared, 24 of the next are copied.
        #expect(scheduler.statistics.rows == rows + 61 - 56)
        // So are the upper layers of what was written.
        let written = try await write(scheduler, other + [5], 2)
        #expect(written.tokens == (try tiny.continuation(other + [5], SamplingOptions(), count: 2)))
        let forked = Array(other.prefix(60)) + [6, 7]
        let result = try await write(scheduler, forked, 2)
        #expect(result.outcome.cachedTokens == 56)
        #expect(result.tokens == (try tiny.continuation(forked, SamplingOptions(), count: 2)))
    }

    @Test func aRequestThatSharesNothingCostsAllOfItsTokens() async throws {
        let scheduler = try tiny.scheduler()
        let text = tokens(64, seed: 7)
        let first = try await scheduler.read([ReadSequence(text, taps: [.row(63)])])
        let apart = try await scheduler.read([ReadSequence(text, taps: [.row(63)])], sharesPrefix: false)
        #expect(apart == first)
        #expect(scheduler.statistics.rows == 128)
        #expect(scheduler.statistics.hitTokens == 0)
    }

    // MARK: Load

    /// Keeps the inference thread at a gate, in a text that is being written.
    private func hold(_ scheduler: InferenceScheduler, at gate: Gate) -> Task<GenerationOutcome, any Error> {
        let request = GenerationRequest(tokens(5, seed: 99), limits: greedy(200))
        return Task {
            try await scheduler.generate(request, sharesPrefix: false) { _ in
                gate.pass()
                return true
            }
        }
    }

    private final class Count: Sendable {
        private let count = Atomic(0)
        var value: Int { count.load(ordering: .relaxed) }
        func increment() { count.add(1, ordering: .relaxed) }
    }

    private func settles(
        _ scheduler: InferenceScheduler,
        _ condition: (SchedulerStatistics) -> Bool
    ) async -> Bool {
        let limit = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < limit {
            if condition(scheduler.statistics) { return true }
            await Task.yield()
        }
        return false
    }

    @Test func tenTimesItsCapacityIsRefusedAtOnceAndTheRestFinishes() async throws {
        let capacity = 12
        let scheduler = try tiny.scheduler { $0.requests = capacity }
        let gate = Gate()
        let held = hold(scheduler, at: gate)
        await gate.arrival()
        let text = tokens(40, seed: 3)
        let expected = try #require(try tiny.states(text).last)
        let refused = Count()
        try await withThrowingTaskGroup(of: [Float]?.self) { group in
            for _ in 0..<10 * capacity {
                group.addTask {
                    do {
                        return try await scheduler.read([ReadSequence(text, taps: [.row(39)])]).first
                    } catch SchedulerError.overloaded {
                        refused.increment()
                        return nil
                    }
                }
            }
            // The thread stands still: whoever is refused is refused without it.
            #expect(await settles(scheduler) { $0.refused == 9 * capacity + 1 })
            #expect(scheduler.statistics.requests == capacity)
            #expect(scheduler.statistics.waiting == capacity - 1)
            held.cancel()
            gate.open(200)
            let results: [[Float]] = try await group.reduce(into: []) { if let values = $1 { $0.append(values) } }
            #expect(results.count == capacity - 1)
            #expect(results.allSatisfy { $0 == expected })
        }
        #expect(refused.value == 9 * capacity + 1)
        #expect(scheduler.statistics.refused == 9 * capacity + 1)
        await #expect(throws: CancellationError.self) { try await held.value }
        let after = try await scheduler.read([ReadSequence(text, taps: [.row(39)])])
        #expect(after == [expected])
    }

    @Test func tokensAreBoundedToo() async throws {
        let scheduler = try tiny.scheduler { $0.tokens = 500 }
        let gate = Gate()
        // 204 tokens.
        let held = hold(scheduler, at: gate)
        await gate.arrival()
        let text = tokens(200, seed: 3)
        let waiting = Task { try await scheduler.read([ReadSequence(text, taps: [.row(9)])]) }
        #expect(await settles(scheduler) { $0.tokens == 404 })
        await #expect(throws: SchedulerError.overloaded) {
            try await scheduler.read([ReadSequence(text, taps: [.row(9)])])
        }
        await #expect(throws: SchedulerError.tooLong(tokens: 600, limit: 500)) {
            try await scheduler.read((0..<3).map { _ in ReadSequence(text, taps: [.row(9)]) })
        }
        gate.open(400)
        _ = try await waiting.value
        _ = try await held.value
        #expect(scheduler.statistics.tokens == 0)
    }

    @Test func longRequestsLeaveRoomForShortOnes() async throws {
        let scheduler = try tiny.scheduler {
            $0.requests = 4
            $0.tokens = 440
            $0.shortTokens = 40
        }
        let gate = Gate()
        // 204 tokens.
        let held = hold(scheduler, at: gate)
        await gate.arrival()
        let long = tokens(200, seed: 3)
        let waiting = Task { try await scheduler.read([ReadSequence(long, taps: [.row(9)])]) }
        #expect(await settles(scheduler) { $0.tokens == 404 })
        await #expect(throws: SchedulerError.overloaded) {
            try await scheduler.read([ReadSequence(tokens(41, seed: 4), taps: [.row(9)])])
        }
        let short = tokens(40, seed: 5)
        let readings = (0..<2).map { _ in
            Task { try await scheduler.read([ReadSequence(short, taps: [.row(9)])]) }
        }
        #expect(await settles(scheduler) { $0.requests == 4 && $0.tokens == 484 })
        // As many requests as there may be are under way, and that holds for short ones, too.
        await #expect(throws: SchedulerError.overloaded) {
            try await scheduler.read([ReadSequence(short, taps: [.row(9)])])
        }
        gate.open(400)
        for reading in readings { _ = try await reading.value }
        _ = try await waiting.value
        _ = try await held.value
        #expect(scheduler.statistics.tokens == 0)
    }

    @Test func aTextBeingWrittenDelaysAShortReadingByOneStep() async throws {
        let scheduler = try tiny.scheduler()
        let gate = Gate()
        let held = hold(scheduler, at: gate)
        await gate.arrival()
        let text = tokens(40, seed: 3)
        let expected = try tiny.states(text).last
        let reading = Task { try await scheduler.read([ReadSequence(text, taps: [.row(39)])]) }
        #expect(await settles(scheduler) { $0.requests == 2 })
        let steps = scheduler.statistics.steps
        gate.open()
        // The thread comes to the gate again with the next token: until then it has taken one step.
        let result = try await reading.value
        #expect(result.first == expected)
        await gate.arrival()
        #expect(scheduler.statistics.steps <= steps + 1)
        held.cancel()
        gate.open(200)
        await #expect(throws: CancellationError.self) { try await held.value }
    }

    @Test func aCancelledCallerLeavesAtOnceWhetherItWaitsOrComputes() async throws {
        let scheduler = try tiny.scheduler()
        let gate = Gate()
        let held = hold(scheduler, at: gate)
        await gate.arrival()
        let waiting = Task { try await scheduler.read([ReadSequence(tokens(40, seed: 3), taps: [.row(39)])]) }
        #expect(await settles(scheduler) { $0.requests == 2 })
        waiting.cancel()
        // The thread stands still.
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(scheduler.statistics.requests == 1)
        held.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await held.value }
        #expect(await settles(scheduler) { $0.pagesInUse == 0 && $0.requests == 0 && $0.tokens == 0 })
        #expect(scheduler.statistics.steps == 1)
    }

    @Test func aCancelledTaskIsNotTakenIn() async throws {
        let scheduler = try tiny.scheduler()
        let text = tokens(40, seed: 3)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await scheduler.read([ReadSequence(text, taps: [.row(39)])])
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(scheduler.statistics.steps == 0)
    }

    @Test func aDeadlineEndsWhatWaitsAndWhatIsWritten() async throws {
        let scheduler = try tiny.scheduler()
        let text = tokens(40, seed: 3)
        await #expect(throws: SchedulerError.deadlineExceeded) {
            try await scheduler.read([ReadSequence(text, taps: [.row(39)])], deadline: .now - .milliseconds(1))
        }
        let request = GenerationRequest(text, limits: greedy(200))
        await #expect(throws: SchedulerError.deadlineExceeded) {
            try await scheduler.generate(request, deadline: .now + .milliseconds(30)) { _ in
                Thread.sleep(forTimeInterval: 0.01)
                return true
            }
        }
        #expect(await settles(scheduler) { $0.pagesInUse == 0 && $0.requests == 0 })
    }

    @Test func shuttingDownFailsWhatIsUnderWayAndWhatComes() async throws {
        let scheduler = try tiny.scheduler()
        let gate = Gate()
        let held = hold(scheduler, at: gate)
        await gate.arrival()
        let text = tokens(40, seed: 3)
        let waiting = Task { try await scheduler.read([ReadSequence(text, taps: [.row(39)])]) }
        #expect(await settles(scheduler) { $0.requests == 2 })
        scheduler.shutDown()
        await #expect(throws: SchedulerError.shutDown) { try await waiting.value }
        await #expect(throws: SchedulerError.shutDown) {
            try await scheduler.read([ReadSequence(text, taps: [.row(39)])])
        }
        gate.open()
        await #expect(throws: SchedulerError.shutDown) { try await held.value }
        #expect(scheduler.statistics.requests == 0)
    }

    @Test func requestsThatCannotBeComputedAreRefusedWithTheReason() async throws {
        let scheduler = try tiny.scheduler(pages: 10) { $0.generationShare = 0.5 }
        await #expect(throws: SessionError.tokenOutOfRange(50)) {
            try await scheduler.read([ReadSequence([1, 50], taps: [.row(0)])])
        }
        for sequence in [
            ReadSequence([], taps: []), ReadSequence([1], taps: [.row(1)]), ReadSequence([1], taps: [.row(-1)]),
            ReadSequence([1], taps: [.mean(0..<0)]), ReadSequence([1], taps: [.mean(0..<2)]),
        ] {
            await #expect(throws: SchedulerError.emptyRequest) { try await scheduler.read([sequence]) }
        }
        await #expect(throws: SchedulerError.tooLong(tokens: 161, limit: 160)) {
            try await scheduler.read([ReadSequence(tokens(161, seed: 1), taps: [.row(0)])])
        }
        await #expect(throws: SchedulerError.tooLong(tokens: 161, limit: 160)) {
            try await write(scheduler, tokens(161, seed: 1), 1)
        }
        await #expect(throws: SchedulerError.emptyRequest) { try await write(scheduler, [], 1) }
        let nothing = try await write(scheduler, [1], 0)
        #expect(nothing.outcome.end == .length)
        #expect(scheduler.statistics.steps == 0)
        // As long as fits is read.
        _ = try await scheduler.read([ReadSequence(tokens(160, seed: 1), taps: [.row(159)])])
    }

    @Test func noRoomForAPageIsAnError() throws {
        #expect(throws: ModelFileError.self) { try tiny.scheduler(pages: 0) }
    }

    @Test func whateverIsCancelledTheRestIsRight() async throws {
        let scheduler = try tiny.scheduler(pages: 24) { $0.quantum = 24 }
        let tiny = tiny
        await withTaskGroup(of: Void.self) { group in
            for seed in 1...40 as ClosedRange<UInt64> {
                let text = tokens(64, seed: seed % 3) + tokens(1 + Int(seed * 7 % 60), seed: seed)
                let task = Task {
                    if seed % 2 == 0 {
                        let result = try await scheduler.read([ReadSequence(text, taps: [.row(text.count - 1)])])
                        let expected = try tiny.states(text).last
                        #expect(result.first == expected)
                    } else {
                        let result = try await write(scheduler, text, 10)
                        #expect(result.tokens == (try tiny.continuation(text, SamplingOptions(), count: 10)))
                    }
                }
                group.addTask {
                    if seed % 3 == 0 {
                        try? await Task.sleep(for: .microseconds(Int(seed) * 300))
                        task.cancel()
                    }
                    do {
                        try await task.value
                    } catch {
                        #expect(error is CancellationError)
                    }
                }
            }
        }
        #expect(await settles(scheduler) { $0.pagesInUse == 0 && $0.requests == 0 && $0.tokens == 0 })
    }
}

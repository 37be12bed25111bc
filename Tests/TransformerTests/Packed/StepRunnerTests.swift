import Testing

@testable import Transformer

/// A step's results depend on a token's sequence and on nothing else.
struct StepRunnerTests {
    private static let model: Result<PackedModel, any Error> = Result {
        try PackedModel(packing: TinyModel(.f32).model(), exitDepth: 2)
    }

    private func runner(threads: Int = 2, level: KernelLevel? = nil, rows: Int = 128) throws -> StepRunner {
        let model = try Self.model.get()
        let pool = try StepRunner.makePool(model, threads: threads, level: level)
        return StepRunner(model, pool: pool, maximumRows: rows)
    }

    private func tokens(_ count: Int, seed: Int = 3) -> [Int32] {
        (0..<count).map { Int32(($0 * 7 + seed) % TinyModel.vocabulary) }
    }

    /// States after the exit depth, and the logits after the last token.
    private func read(_ runner: StepRunner, _ tokens: [Int32], cuts: [Int] = []) throws -> [[Float]] {
        let pages = Pages(runner.model, tokens: tokens.count)
        var logits: [Float] = []
        for (start, end) in zip([0] + cuts, cuts + [tokens.count]) {
            try runner.run([
                StepSegment(
                    .whole,
                    tokens: Array(tokens[start..<end]),
                    position: start,
                    pages: pages.pages,
                    wantsLogits: end == tokens.count
                )
            ])
        }
        runner.withLogits(0) { logits = Array($0) }
        return tokens.indices.map { pages.residual($0, width: TinyModel.width) } + [logits]
    }

    @Test
    func levelsAndThreadsGiveTheSameBits() throws {
        let text = tokens(75)
        let reference = try read(try runner(threads: 1, level: .generic), text)
        #expect(reference.allSatisfy { $0.allSatisfy(\.isFinite) })
        for level in KernelLevel.allCases where level.isSupported {
            for threads in [1, 2, 3] {
                #expect(try read(try runner(threads: threads, level: level), text) == reference)
            }
        }
    }

    @Test(arguments: [[0], [15, 16], [3, 40, 41, 3], [Int32(TinyModel.vocabulary - 1)]] as [[Int32]])
    func logitsOfCandidatesAreThoseOfTheWholeVocabulary(_ candidates: [Int32]) throws {
        let text = tokens(20)
        for level in KernelLevel.allCases where level.isSupported {
            let runner = try runner(level: level)
            let whole = try #require(try read(runner, text).last)
            let pages = [Pages(runner.model, tokens: 20), Pages(runner.model, tokens: 20)]
            func segment(_ pages: Pages, _ tokens: [Int32], _ candidates: [Int32]?) -> StepSegment {
                StepSegment(
                    .whole,
                    tokens: tokens,
                    position: 0,
                    pages: pages.pages,
                    wantsLogits: true,
                    candidates: candidates
                )
            }
            func isRight(_ index: Int, _ expected: [Float]) -> Bool {
                runner.withLogits(index) { logits in candidates.allSatisfy { logits[Int($0)] == expected[Int($0)] } }
            }
            try runner.run([segment(pages[0], text, candidates)])
            #expect(isRight(0, whole))
            // Beside another that wants others, and beside one that wants all.
            let other = tokens(9, seed: 5)
            try runner.run([segment(pages[0], text, candidates), segment(pages[1], other, [7])])
            #expect(isRight(0, whole))
            try runner.run([segment(pages[0], other, nil), segment(pages[1], text, candidates)])
            #expect(isRight(1, whole))
        }
    }

    @Test(arguments: [[1], [31], [32], [33], [10, 20, 40, 41, 42], Array(1..<75)])
    func cuttingASequenceIntoStepsChangesNothing(_ cuts: [Int]) throws {
        let text = tokens(75)
        let runner = try runner()
        let whole = try read(runner, text)
        #expect(try read(runner, text, cuts: cuts) == whole)
    }

    @Test
    func companyChangesNothing() throws {
        let runner = try runner()
        let texts = [tokens(40), tokens(1, seed: 9), tokens(33, seed: 11), tokens(12, seed: 21)]
        let alone = try texts.map { try read(runner, $0) }
        let pages = texts.map { Pages(runner.model, tokens: $0.count) }
        // The third was read through the lower layers before, and comes back for the upper ones.
        try runner.run([StepSegment(.lower, tokens: texts[2], position: 0, pages: pages[2].pages)])
        try runner.run([
            StepSegment(.upper, tokens: texts[2], position: 0, pages: pages[2].pages, wantsLogits: true),
            StepSegment(.whole, tokens: texts[0], position: 0, pages: pages[0].pages, wantsLogits: true),
            StepSegment(.lower, tokens: texts[3], position: 0, pages: pages[3].pages),
            StepSegment(.whole, tokens: texts[1], position: 0, pages: pages[1].pages, wantsLogits: true),
        ])
        for (place, index) in [(1, 0), (3, 1), (0, 2)] {
            #expect(runner.withLogits(place) { Array($0) } == alone[index].last)
        }
        for index in texts.indices {
            for row in texts[index].indices {
                #expect(pages[index].residual(row, width: TinyModel.width) == alone[index][row])
            }
        }
    }

    @Test
    func logitsAreNearThoseOfTheFloatPath() throws {
        let model = try TinyModel(.f32).model()
        let session = Session(model: model, capacity: 128)
        let text = tokens(64)
        try session.append(text)
        let float = session.withLogits(at: text.count - 1) { Array($0) }
        let states = try read(try runner(), text)
        let int8 = try #require(states.last)
        let spread = (float.max() ?? 0) - (float.min() ?? 0)
        for (a, b) in zip(float, int8) { #expect(abs(a - b) < spread * 0.05) }
    }

    @Test
    func badStepsAreRefused() throws {
        let runner = try runner(rows: 16)
        let pages = Pages(runner.model, tokens: 300)
        func run(_ tokens: [Int32], at position: Int = 0) throws {
            try runner.run([StepSegment(.whole, tokens: tokens, position: position, pages: pages.pages)])
        }
        #expect(throws: SessionError.tokenOutOfRange(50)) { try run([1, 50]) }
        #expect(throws: SessionError.tokenOutOfRange(-1)) { try run([-1]) }
        #expect(throws: SessionError.capacityExceeded(needed: 17, capacity: 16)) { try run(tokens(17)) }
        #expect(throws: SessionError.capacityExceeded(needed: 257, capacity: 256)) { try run([1], at: 256) }
        try runner.run([])
    }

    @Test
    func cancellingEndsAStepBetweenLayers() throws {
        let runner = try runner()
        let pages = Pages(runner.model, tokens: 8)
        var asked = 0
        #expect(throws: SessionError.cancelled) {
            try runner.run([StepSegment(.whole, tokens: tokens(8), position: 0, pages: pages.pages)]) {
                asked += 1
                return asked == 2
            }
        }
        #expect(asked == 2)
    }
}

import Testing

@testable import GuardianModel

struct ContextWindowTests {
    /// Turns of so many tokens; each token says which turn it is of and where it stands there.
    private func read(_ lengths: [Int], limit: Int = 192, bytesPerToken: Int = 4) -> [(turn: Int, tokens: [Int32])] {
        ContextWindow(limit: limit).tokens(of: lengths.map { $0 * bytesPerToken }) { turn in
            (0..<Int32(lengths[turn])).map { Int32(turn) * 100_000 + $0 }
        }
    }

    private func begin(_ lengths: [Int]) -> Int? { read(lengths).first?.turn }

    @Test func whatFitsIsReadInOrder() {
        #expect(read([10, 20, 30]).map(\.turn) == [0, 1, 2])
        #expect(read([10, 20, 30]).map(\.tokens.count) == [10, 20, 30])
        #expect(read([]).isEmpty)
        #expect(read([0, 3]).map(\.tokens.count) == [0, 3])
    }

    @Test func nothingIsReadWithoutALimit() {
        #expect(read([10], limit: 0).isEmpty)
        #expect(read([10], limit: 1).isEmpty)
    }

    @Test func ofALongQueryBothEndsAreRead() {
        let read = read([1000])
        #expect(read.map(\.turn) == [0])
        #expect(read.first?.tokens == Array(0..<96) + Array(904..<1000))
    }

    @Test func anEarlierLongTurnLeavesHalfToTheLastOne() {
        #expect(read([1000, 500]).map(\.tokens.count) == [96, 96])
        #expect(read([1000, 20]).map(\.tokens.count) == [96, 20])
        #expect(read([50, 500]).map(\.tokens.count) == [50, 142])
    }

    @Test func theWindowBeginsAtTheSamePlaceForMostTurns() {
        let lengths = (0..<60).map { 15 + $0 % 7 }
        let begins = (1...60).map { begin(Array(lengths.prefix($0))) ?? -1 }
        #expect(zip(begins, begins.dropFirst()).allSatisfy { $0 <= $1 })
        // 18 tokens a turn: some five turns from one beginning to the next.
        #expect(Set(begins).count <= 60 / 5)
        #expect(begins.last ?? 0 > 45)
    }

    @Test func whatWasReadForOneTurnIsTheBeginningOfWhatIsReadForTheNext() {
        let lengths = (0..<40).map { 12 + $0 * 7 % 23 }
        var kept = 0
        for count in 1..<40 {
            let before = read(Array(lengths.prefix(count)))
            let after = read(Array(lengths.prefix(count + 1)))
            guard before.first?.turn == after.first?.turn else { continue }
            kept += 1
            #expect(after.flatMap(\.tokens).starts(with: before.flatMap(\.tokens)))
        }
        #expect(kept > 25)
    }

    @Test(arguments: [1, 2, 4, 9])
    func neverMoreThanTheLimitWhateverBytesATokenHas(bytesPerToken: Int) {
        for length in [1, 7, 40, 95, 96, 97, 191, 192, 193, 700] {
            for count in 1...12 {
                let lengths = (0..<count).map { $0.isMultiple(of: 2) ? length : 1 + length / 3 }
                let read = read(lengths, bytesPerToken: bytesPerToken)
                #expect(read.reduce(0) { $0 + $1.tokens.count } <= 192)
                // The last turn is always read, and no turn between is left out.
                #expect(read.last?.turn == count - 1)
                #expect(read.map(\.turn) == Array((count - read.count)..<count))
                #expect(read.allSatisfy { !$0.tokens.isEmpty })
            }
        }
    }

    @Test(arguments: [0, 1, 3])
    func ofTurnsThatSayNextToNothingOnlyTheLastAreRead(length: Int) {
        // Each brings the words around it, which no limit of the texts' own tokens would hold back.
        let read = read(Array(repeating: length, count: 10_000))
        #expect(read.count <= 192 / 4)
        #expect(read.last?.turn == 9_999)
    }

    @Test(arguments: [(0, 0), (1, 0), (2, 2), (3, 3), (9, 2), (192, 48)])
    func itIsKnownHowManyTurnsAreReadAtTheMost(limit: Int, most: Int) {
        #expect(ContextWindow(limit: limit).mostTurns == most)
        #expect(read(Array(repeating: 0, count: most + 1), limit: limit).count == most)
    }

    @Test func aLimitBelowWhatATurnTakesAtTheLeastStillReadsTheLastOne() {
        #expect(read([0, 0, 1], limit: 2).map(\.turn) == [1, 2])
        #expect(read([9, 9, 9], limit: 3).map(\.turn) == [0, 1, 2])
    }

    @Test func aLongConversationIsNotTokenisedFromItsBeginning() {
        var asked = 0
        _ = ContextWindow(limit: 192).tokens(of: Array(repeating: 200, count: 10_000)) { _ in
            asked += 1
            return Array(repeating: 1, count: 50)
        }
        #expect(asked <= 5)
    }
}

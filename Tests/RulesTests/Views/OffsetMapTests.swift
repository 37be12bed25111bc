import Testing

@testable import Rules

@Suite struct OffsetMapTests {
    private var map: OffsetMap {
        var map = OffsetMap()
        map.append(viewLength: 2, source: 0..<2)
        map.append(viewLength: 1, source: 2..<3)
        map.append(viewLength: 1, source: 6..<9)
        map.append(viewLength: 3, source: 9..<10)
        return map
    }

    @Test func verbatimBytesMapOneToOne() {
        #expect(map.source(of: 1..<3) == 1..<3)
    }

    @Test func whatWasRemovedBetweenBelongsToTheRange() {
        #expect(map.source(of: 2..<4) == 2..<9)
    }

    @Test func aPartOfAnExpansionIsTheWholeSource() {
        #expect(map.source(of: 5..<6) == 9..<10)
        #expect(map.source(of: 3..<5) == 6..<10)
    }

    @Test func emptyAndOutlyingRangesAreEmpty() {
        #expect(map.source(of: 1..<1).isEmpty)
        #expect(map.source(of: 5..<99).isEmpty)
        #expect(OffsetMap().source(of: 0..<1).isEmpty)
    }

    @Test func ofAViewWhoseWordsRunBackwardsAllPartsCount() {
        var map = OffsetMap()
        // `ab cd` read as `ba dc`.
        for source in [1, 0, 2, 4, 3] { map.append(viewLength: 1, source: source..<source + 1) }
        #expect(map.source(of: 0..<5) == 0..<5)
        #expect(map.source(of: 1..<4) == 0..<5)
        #expect(map.source(of: 2..<3) == 2..<3)
    }

    @Test func whatComesFromAWholeIsNeverAPartOfIt() {
        let map = OffsetMap(viewLength: 4, wholeOf: 2..<6)
        #expect(map.source(of: 1..<2) == 2..<6)
    }

    @Test func stepsBehindAWholeAreOneAndLeadToTheSamePlaces() {
        var random = SeededGenerator(seed: 61)
        for _ in 0..<100 {
            var visible = OffsetMap()
            visible.append(viewLength: 3, source: 0..<3)
            visible.append(viewLength: 1, source: 4..<6)
            let start = Int.random(in: 0...6, using: &random)
            let whole = OffsetMap(viewLength: 6, wholeOf: start..<start + 8)
            var backwards = OffsetMap()
            for place in (0..<20).reversed() { backwards.append(viewLength: 1, source: place..<place + 1) }
            let steps = [visible, whole, backwards, OffsetMap(viewLength: 20, source: 5..<25)]
            let joined = OffsetMap.joined(steps)
            #expect(joined.count == 2)
            for lower in 0...5 {
                for upper in lower...5 {
                    let source = steps.reduce(lower..<upper) { $1.source(of: $0) }
                    #expect(joined.reduce(lower..<upper) { $1.source(of: $0) } == source)
                }
            }
        }
    }

    @Test func stepsThatKeepPlacesApartStay() {
        let steps = [map, OffsetMap(viewLength: 10, source: 2..<12)]
        #expect(OffsetMap.joined(steps) == steps)
        #expect(OffsetMap.joined([]).isEmpty)
    }
}

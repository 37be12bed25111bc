import Testing

@testable import Deflate

@Suite struct DeflateTablesTests {
    @Test func everyLengthHasTheSymbolThatItLiesIn() {
        for length in 3...258 {
            let code = Int(DeflateTables.lengthCodes[length - 3])
            let (base, extra) = DeflateTables.lengths[code]
            #expect(base <= length && length - base < 1 << extra || code == 28 && length == 258)
        }
        #expect(DeflateTables.lengths[8] == (11, 1) && DeflateTables.lengths[27] == (227, 5))
    }

    @Test func everyDistanceHasTheSymbolThatItLiesIn() {
        for distance in 1...32_768 {
            let (base, extra) = DeflateTables.distances[DeflateTables.distanceCode(distance)]
            guard base <= distance, distance - base < 1 << extra else {
                Issue.record("\(distance)")
                return
            }
        }
        #expect(DeflateTables.distances[29] == (24_577, 13))
    }
}

import Testing

@testable import Transformer

struct PackedMatrixBufferTests {
    private func randomRows(_ rows: Int, _ columns: Int, seed: UInt64 = 7) -> [[Float]] {
        var source = SplitMix64(seed: seed)
        return (0..<rows).map { row in
            (0..<columns).map { _ in Float(source.unit() - 0.5) * Float(row + 1) }
        }
    }

    @Test(arguments: [(16, 32), (32, 64), (33, 96), (1, 32), (50, 64)])
    func everyWeightLiesWhereTheKernelsLookForIt(rows: Int, columns: Int) {
        let values = randomRows(rows, columns)
        let buffer = PackedMatrixBuffer(PackedShape(rows: rows, columns: columns))
        for (row, values) in values.enumerated() { #expect(buffer.setRow(row, values)) }
        let padded = (rows + 15) / 16 * 16
        #expect(buffer.weights.count == padded * columns)
        #expect(buffer.scales.count == padded && buffer.offsets.count == padded)

        // The reference walks the packed order and asks whose weight it finds.
        var place = 0
        for group in 0..<padded / 16 {
            for chunk in 0..<columns / 4 {
                for row in 0..<16 {
                    for column in 0..<4 {
                        let (r, c) = (group * 16 + row, chunk * 4 + column)
                        let expected =
                            r < rows ? (values[r][c] / buffer.scales[r]).rounded(.toNearestOrEven) : 0
                        #expect(abs(Float(buffer.weights[place]) - expected) <= 1)
                        place += 1
                    }
                }
            }
        }
    }

    @Test func aWeightIsAtMostHalfAStepOff() {
        let values = randomRows(16, 64)
        let shape = PackedShape(rows: 16, columns: 64)
        let buffer = PackedMatrixBuffer(shape)
        for (row, values) in values.enumerated() { #expect(buffer.setRow(row, values)) }
        for (row, values) in values.enumerated() {
            let scale = buffer.scales[row]
            #expect(scale == (values.map(abs).max() ?? 0) / 127)
            var sum: Int32 = 0
            for (column, value) in values.enumerated() {
                let weight = buffer.weights[shape.index(row: row, column: column)]
                #expect(abs(Float(weight) * scale - value) <= scale * 0.5001)
                #expect(weight >= -127)
                sum += Int32(weight)
            }
            #expect(buffer.offsets[row] == -128 * sum)
        }
    }

    @Test func halvesGoToTheEvenNeighbour() {
        let buffer = PackedMatrixBuffer(PackedShape(rows: 1, columns: 32))
        var values = [Float](repeating: 0, count: 32)
        values.replaceSubrange(0..<6, with: [127, 0.5, 1.5, -0.5, -2.5, -127])
        #expect(buffer.setRow(0, values))
        let weights = (0..<6).map { buffer.weights[PackedShape(rows: 1, columns: 32).index(row: 0, column: $0)] }
        #expect(weights == [127, 0, 2, 0, -2, -127])
    }

    @Test func rowsOfZerosAndPaddingHaveScalesOfTheirOwn() {
        let buffer = PackedMatrixBuffer(PackedShape(rows: 2, columns: 32))
        #expect(buffer.setRow(0, [Float](repeating: 0, count: 32)))
        #expect(buffer.setRow(1, [Float](repeating: .leastNonzeroMagnitude, count: 32)))
        #expect(Array(buffer.scales) == [1, 1] + Array(repeating: 0, count: 14))
        #expect(buffer.offsets.allSatisfy { $0 == 0 })
        #expect(buffer.weights.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, -.nan, .signalingNaN])
    func numbersThatAreNotFiniteAreRefused(value: Float) {
        for place in [0, 13, 31] {
            let buffer = PackedMatrixBuffer(PackedShape(rows: 1, columns: 32))
            var values = [Float](repeating: 1, count: 32)
            values[place] = value
            #expect(!buffer.setRow(0, values))
            #expect(buffer.scales[0] == 0)
        }
    }

    @Test func theGreatestNumbersStayInRange() {
        let buffer = PackedMatrixBuffer(PackedShape(rows: 1, columns: 32))
        let values = (0..<32).map { Float.greatestFiniteMagnitude * ($0 % 2 == 0 ? 1 : -1) }
        #expect(buffer.setRow(0, values))
        #expect(buffer.weights.prefix(1).allSatisfy { $0 == 127 })
        #expect(buffer.scales[0].isFinite)
    }
}

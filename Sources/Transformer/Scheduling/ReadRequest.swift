/// What is wanted of the residual stream of a sequence that was read; each gives `width` numbers.
package enum ResidualTap: Sendable, Hashable {
    /// The state of one token.
    case row(Int)
    /// The mean of the states of some tokens.
    case mean(Range<Int>)

    /// The tokens that it looks at.
    var rows: Range<Int> {
        switch self {
        case .row(let row): row..<row + 1
        case .mean(let rows): rows
        }
    }
}

/// A sequence to be read through the lower layers, and what is wanted of it.
package struct ReadSequence: Sendable, Hashable {
    package var tokens: [Int32]
    package var taps: [ResidualTap]

    package init(_ tokens: [Int32], taps: [ResidualTap]) {
        self.tokens = tokens
        self.taps = taps
    }

    /// Whether it has tokens, and those that the taps name.
    var isValid: Bool {
        !tokens.isEmpty
            && taps.allSatisfy { !$0.rows.isEmpty && $0.rows.lowerBound >= 0 && $0.rows.upperBound <= tokens.count }
    }
}

extension PageMemory {
    /// [taps][width], from pages whose lower layers are computed.
    func read(_ taps: [ResidualTap], pages: [Int], width: Int) -> [Float] {
        var values: [Float] = []
        values.reserveCapacity(taps.count * width)
        for tap in taps {
            switch tap {
            case .row(let row): values += state(row, pages, width)
            case .mean(let rows): values += mean(rows, pages, width)
            }
        }
        return values
    }

    private func state(_ row: Int, _ pages: [Int], _ width: Int) -> UnsafeBufferPointer<Float> {
        let (index, slot) = row.quotientAndRemainder(dividingBy: PageLayout.tokens)
        return UnsafeBufferPointer(start: layout.residual(self[pages[index]], row: slot), count: width)
    }

    /// Summed in double precision, in the order of the tokens.
    private func mean(_ rows: Range<Int>, _ pages: [Int], _ width: Int) -> [Float] {
        var sums = [Double](repeating: 0, count: width)
        sums.withUnsafeMutableBufferPointer { sums in
            for row in rows {
                let state = state(row, pages, width)
                for index in 0..<width { sums[index] += Double(state[index]) }
            }
        }
        return sums.map { Float($0 / Double(rows.count)) }
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Moves magnitude from a layer's inputs to its weights, where a scale per row can hold it (Xiao et al., 2023).
///
/// Input j is divided by s_j and column j of the weights multiplied by it, so the layer computes what it did before. The
/// division is folded into what makes the input: a norm's weights, or the rows of an earlier matrix.
enum Smoothing {
    /// How much of an input's range goes to the weights. From 0.5 to 0.7 perplexity fell and the error of the state at an early
    /// read-out rose, on some hundred tokens of English: a middle.
    static let strength = 0.6
    /// Bounds of a factor: beyond them a column is all but unused.
    static let bounds = 1e-3...1e3

    /// One factor per column: activation^strength / weight^(1 - strength); 1 where either is zero.
    static func factors(activations: [Float], weights: [Float]) -> [Float] {
        zip(activations, weights).map { activation, weight in
            guard activation > 0, weight > 0, activation.isFinite, weight.isFinite else { return 1 }
            let factor = pow(Double(activation), strength) / pow(Double(weight), 1 - strength)
            return Float(min(max(factor, bounds.lowerBound), bounds.upperBound))
        }
    }

    static func maxima(_ lists: [[Float]]) -> [Float] {
        guard var greatest = lists.first else { return [] }
        for list in lists.dropFirst() {
            for index in greatest.indices { greatest[index] = max(greatest[index], list[index]) }
        }
        return greatest
    }
}

extension MergedLayer {
    /// Balances the block's weights against the range of their inputs.
    mutating func smooth(_ index: Int, _ range: ActivationRange, _ sizes: LlamaConfiguration) {
        smoothNorm(&attentionNorm, before: [query, key, value], range[index, .queryKeyValue])
        smoothNorm(&feedForwardNorm, before: [gate, up], range[index, .gateUp])

        let inner = Smoothing.factors(activations: range[index, .down], weights: down.columnMaxima())
        up.divideRows(by: inner)
        down.multiplyColumns(by: inner)

        // The query heads of a group attend to the same values, so they share the factors.
        let columns = attentionOutput.columnMaxima()
        let attended = range[index, .attentionOutput]
        let shared = Smoothing.factors(
            activations: Self.overGroups(attended, sizes),
            weights: Self.overGroups(columns, sizes)
        )
        value.divideRows(by: shared)
        attentionOutput.multiplyColumns(
            by: (0..<sizes.width).map { shared[Self.valueRow(of: $0, sizes)] }
        )
    }

    private func smoothNorm(_ norm: inout [Float], before matrices: [FloatMatrix], _ activations: [Float]) {
        let factors = Smoothing.factors(
            activations: activations,
            weights: Smoothing.maxima(matrices.map { $0.columnMaxima() })
        )
        for (index, factor) in factors.enumerated() { norm[index] /= factor }
        for matrix in matrices { matrix.multiplyColumns(by: factors) }
    }

    /// The row of the value matrix that an attended number is a mean of.
    private static func valueRow(of column: Int, _ sizes: LlamaConfiguration) -> Int {
        let (head, dimension) = column.quotientAndRemainder(dividingBy: sizes.headWidth)
        return head / (sizes.heads / sizes.kvHeads) * sizes.headWidth + dimension
    }

    /// [heads][head width] to [kv heads][head width], the greatest of a group.
    private static func overGroups(_ values: [Float], _ sizes: LlamaConfiguration) -> [Float] {
        var greatest = [Float](repeating: 0, count: sizes.kvWidth)
        for (column, value) in values.enumerated() {
            let row = valueRow(of: column, sizes)
            greatest[row] = max(greatest[row], value)
        }
        return greatest
    }
}

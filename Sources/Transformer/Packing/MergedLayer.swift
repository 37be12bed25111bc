import CKernels

/// The weights of one block as floats, an adapter's change added to them.
struct MergedLayer {
    var attentionNorm: [Float]
    let query: FloatMatrix
    let key: FloatMatrix
    let value: FloatMatrix
    let attentionOutput: FloatMatrix
    var feedForwardNorm: [Float]
    let gate: FloatMatrix
    let up: FloatMatrix
    let down: FloatMatrix

    init(_ model: LlamaModel, _ index: Int, adapter: LowRankAdapter?) {
        let layer = model.layers[index]
        func merged(_ matrix: WeightMatrix, _ module: LowRankAdapter.Module) -> FloatMatrix {
            Self.merged(matrix, adapter?[index, module], model.pool)
        }
        attentionNorm = model.floats(layer.attentionNorm)
        query = merged(layer.query, .query)
        key = merged(layer.key, .key)
        value = merged(layer.value, .value)
        attentionOutput = merged(layer.attentionOutput, .attentionOutput)
        feedForwardNorm = model.floats(layer.feedForwardNorm)
        gate = merged(layer.gate, .gate)
        up = merged(layer.up, .up)
        down = merged(layer.down, .down)
    }

    /// W + B A
    private static func merged(_ matrix: WeightMatrix, _ delta: LowRankDelta?, _ pool: ComputePool) -> FloatMatrix {
        let merged = FloatMatrix(rows: matrix.rows, columns: matrix.columns)
        pool.expand(matrix, rows: 0..<matrix.rows, into: merged.values.base)
        guard let delta else { return merged }
        // The kernel multiplies rows by rows: those of B by those of A transposed.
        let rank = delta.a.rows
        let a = delta.a.data.assumingMemoryBound(to: Float.self)
        let transposed = FloatBuffer(matrix.columns * rank)
        for column in 0..<matrix.columns {
            for inner in 0..<rank { transposed.base[column * rank + inner] = a[inner * matrix.columns + column] }
        }
        pool.multiply(
            [
                WeightMatrix(rows: matrix.columns, columns: rank, transposed)
                    .product(into: merged.values.base, stride: matrix.columns, accumulate: true)
            ],
            delta.b.data.assumingMemoryBound(to: Float.self),
            stride: rank,
            tokens: matrix.rows,
            columns: rank
        )
        return merged
    }
}

extension ComputePool {
    /// Writes stored rows as floats, row-major.
    func expand(_ matrix: WeightMatrix, rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        run {
            ck_dequantize(
                $0,
                matrix.type.kernelType,
                matrix.data + rows.lowerBound * matrix.rowBytes,
                matrix.rowBytes,
                Int32(rows.count),
                Int32(matrix.columns),
                out
            )
        }
    }
}

extension LlamaModel {
    /// A matrix of one row, such as a norm's weights.
    func floats(_ matrix: WeightMatrix) -> [Float] {
        var floats = [Float](repeating: 0, count: matrix.rows * matrix.columns)
        floats.withUnsafeMutableBufferPointer { floats in
            guard let base = floats.baseAddress else { return }
            pool.expand(matrix, rows: 0..<matrix.rows, into: base)
        }
        return floats
    }
}

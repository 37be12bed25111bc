import CKernels

/// Memory for the rows of a step; allocated once per runner, sized for its greatest step.
struct StepBuffers {
    /// [rows][width]
    let residual: FloatBuffer
    /// [rows][heads + 2 kv heads][head width], the columns padded to the matrix's rows
    let queriesKeysValues: FloatBuffer
    let queriesKeysValuesStride: Int
    /// [rows][heads][head width]
    let attended: FloatBuffer
    /// [rows][feed-forward width]
    let gated: FloatBuffer
    /// Quantised rows of any width.
    let activations: ck_activations
    /// The logits of the rows that want them: [wanted][padded vocabulary]; grows when more are wanted.
    var logits: FloatBuffer
    let logitsStride: Int

    private let activationBytes: FloatBuffer
    private let activationScales: FloatBuffer

    init(_ model: PackedModel, rows: Int) {
        let sizes = model.configuration
        residual = FloatBuffer(rows * sizes.width)
        queriesKeysValuesStride = sizes.shape(of: .queryKeyValue).paddedRows
        queriesKeysValues = FloatBuffer(rows * queriesKeysValuesStride)
        attended = FloatBuffer(rows * sizes.width)
        gated = FloatBuffer(rows * sizes.feedForwardWidth)
        let bytes = ck_activation_bytes(Int32(rows), Int32(max(sizes.width, sizes.feedForwardWidth)))
        activationBytes = FloatBuffer(bytes / MemoryLayout<Float>.stride)
        activationScales = FloatBuffer(rows)
        // Rows past the last of a block of eight are computed with the others and thrown away: any bytes will do, but
        // they must have been written.
        activationBytes.base.initialize(repeating: 0, count: activationBytes.count)
        activationScales.base.initialize(repeating: 0, count: rows)
        activations = ck_activations(
            values: UnsafeMutableRawPointer(activationBytes.base).assumingMemoryBound(to: UInt8.self),
            scales: activationScales.base
        )
        logitsStride = model.output.paddedRows
        logits = FloatBuffer(logitsStride)
    }
}

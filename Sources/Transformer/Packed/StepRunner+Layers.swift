import CKernels

extension StepRunner {
    /// The layer in which rows that want no logits stop, behind the early read-out; the number of layers where there is none.
    var lastLayer: Int { max(model.exitDepth, model.configuration.layers - 1) }

    /// Takes the rows of neighbouring segments through layers, in place.
    func forward(
        _ segments: ArraySlice<ck_segment>,
        layers: Range<Int>,
        _ isCancelled: () -> Bool
    ) throws(SessionError) {
        guard let block = RowBlock(segments), !layers.isEmpty else { return }
        let residual = buffers.residual.base + block.start * model.configuration.width
        for index in layers {
            if isCancelled() { throw .cancelled }
            let layer = model.layers[index]
            withAttention(index, block.segments) { attention in
                pool.run { pool in
                    project(pool, layer, &attention, residual, block.rows)
                    mix(pool, layer, &attention, residual, block.rows)
                }
            }
        }
    }

    func withAttention(_ layer: Int, _ segments: [ck_segment], _ body: (inout ck_paged_attention) -> Void) {
        let sizes = model.configuration
        segments.withUnsafeBufferPointer { segments in
            guard let base = segments.baseAddress else { return }
            var attention = ck_paged_attention(
                segments: base,
                count: Int32(segments.count),
                queries_keys_values: buffers.queriesKeysValues.base,
                stride: buffers.queriesKeysValuesStride,
                heads: Int32(sizes.heads),
                kv_heads: Int32(sizes.kvHeads),
                head_width: Int32(sizes.headWidth),
                page_offset: layer * layout.layerBytes,
                cosines: model.cosines.base,
                sines: model.sines.base,
                scale: 1 / Float(sizes.headWidth).squareRoot(),
                out: buffers.attended.base,
                out_stride: sizes.width
            )
            body(&attention)
        }
    }

    /// Queries, and keys and values into the pages.
    func project(
        _ pool: OpaquePointer,
        _ layer: PackedLayer,
        _ attention: inout ck_paged_attention,
        _ residual: UnsafeMutablePointer<Float>,
        _ tokens: Int32
    ) {
        norm(pool, residual, layer.attentionNorm, tokens)
        multiply(pool, layer.queryKeyValue, tokens, CK_SET, buffers.queriesKeysValues.base, attention.stride)
        ck_store(pool, &attention)
    }

    /// residual += output(attention(queries)); residual += down(silu(gate(norm(residual))) * up(norm(residual)))
    func mix(
        _ pool: OpaquePointer,
        _ layer: PackedLayer,
        _ attention: inout ck_paged_attention,
        _ residual: UnsafeMutablePointer<Float>,
        _ tokens: Int32
    ) {
        let sizes = model.configuration
        ck_attend(pool, &attention)
        quantize(pool, buffers.attended.base, tokens, sizes.width)
        multiply(pool, layer.attentionOutput, tokens, CK_ADD, residual, sizes.width)
        norm(pool, residual, layer.feedForwardNorm, tokens)
        multiply(pool, layer.gateUp, tokens, CK_SWIGLU, buffers.gated.base, sizes.feedForwardWidth)
        quantize(pool, buffers.gated.base, tokens, sizes.feedForwardWidth)
        multiply(pool, layer.down, tokens, CK_ADD, residual, sizes.width)
    }

    func norm(_ pool: OpaquePointer, _ x: UnsafePointer<Float>, _ weight: UnsafePointer<Float>, _ tokens: Int32) {
        let sizes = model.configuration
        ck_norm_quantize(
            pool,
            x,
            sizes.width,
            weight,
            sizes.normEpsilon,
            tokens,
            Int32(sizes.width),
            buffers.activations
        )
    }

    private func quantize(_ pool: OpaquePointer, _ x: UnsafePointer<Float>, _ tokens: Int32, _ columns: Int) {
        ck_quantize(pool, x, columns, tokens, Int32(columns), buffers.activations)
    }

    func multiply(
        _ pool: OpaquePointer,
        _ matrix: PackedMatrix,
        _ tokens: Int32,
        _ epilogue: ck_epilogue,
        _ out: UnsafeMutablePointer<Float>,
        _ stride: Int
    ) {
        multiply(pool, matrix.kernelMatrix, tokens, epilogue, out, stride)
    }

    func multiply(
        _ pool: OpaquePointer,
        _ matrix: ck_packed_matrix,
        _ tokens: Int32,
        _ epilogue: ck_epilogue,
        _ out: UnsafeMutablePointer<Float>,
        _ stride: Int
    ) {
        withUnsafePointer(to: matrix) {
            ck_packed_matmul(pool, $0, buffers.activations, tokens, epilogue, out, stride)
        }
    }
}

/// Neighbouring rows of segments, as the kernels see them: from zero on.
struct RowBlock {
    /// The first row in the residual stream.
    let start: Int
    let rows: Int32
    let segments: [ck_segment]

    /// Nil if there are no rows.
    init?(_ segments: ArraySlice<ck_segment>) {
        guard let first = segments.first, let last = segments.last else { return nil }
        start = Int(first.first_row)
        rows = last.first_row + last.rows - first.first_row
        guard rows > 0 else { return nil }
        self.segments = segments.map { segment in
            var segment = segment
            segment.first_row -= first.first_row
            return segment
        }
    }
}

extension PackedMatrix {
    /// As the kernels take it, padding included.
    var kernelMatrix: ck_packed_matrix {
        ck_packed_matrix(
            weights: weights,
            scales: scales,
            offsets: offsets,
            rows: Int32(paddedRows),
            columns: Int32(columns)
        )
    }

    /// Some of its rows.
    ///
    /// - Parameter rows: blocks of `CK_PACKED_ROWS`.
    func kernelMatrix(_ rows: Range<Int>) -> ck_packed_matrix {
        var matrix = kernelMatrix
        matrix.weights += rows.lowerBound * columns
        matrix.scales += rows.lowerBound
        matrix.offsets += rows.lowerBound
        matrix.rows = Int32(rows.count)
        return matrix
    }
}

import CKernels

/// One sequence being read and continued: its cached keys and values, and the residual stream of each of its tokens.
///
/// A session has a depth: the number of layers that every token so far has been through. `append` takes new tokens to
/// that depth; `deepen` takes all tokens further. So a read-out on a middle layer costs only the layers below it, and
/// when an answer is to be written, the same tokens continue from where they stopped.
///
/// Not Sendable: a session belongs to the thread that uses it.
package final class Session {
    package let model: LlamaModel
    /// Tokens that fit.
    package let capacity: Int
    /// Tokens held.
    package private(set) var count = 0
    /// Layers that every held token has been through, 0...layers.
    package private(set) var depth: Int

    private let cache: KVCache
    private let workspace: Workspace
    /// [capacity][width], after layer `depth - 1`; no final norm.
    private let residuals: FloatBuffer

    /// Shown the input of each product of a layer, [tokens][columns], before it is computed.
    var onInput: ((_ layer: Int, LayerInput, UnsafeBufferPointer<Float>) -> Void)?

    /// - Parameter capacity: tokens; held to what the model can place.
    package init(model: LlamaModel, capacity: Int) {
        self.model = model
        self.capacity = max(1, min(capacity, model.maximumPositions))
        self.depth = model.configuration.layers
        self.cache = KVCache(model.configuration, capacity: self.capacity)
        self.workspace = Workspace(model.configuration)
        self.residuals = FloatBuffer(self.capacity * model.configuration.width)
    }

    /// Forgets all tokens and sets how deep the next ones go.
    ///
    /// - Parameter depth: layers, held to 0...layers; all of them if nil.
    package func reset(depth: Int? = nil) {
        count = 0
        self.depth = max(0, min(depth ?? model.configuration.layers, model.configuration.layers))
    }

    /// Adds tokens and takes them through the first `depth` layers.
    ///
    /// - Parameters:
    ///   - tokens: ids of the vocabulary.
    ///   - adapter: added to the weights of the layers it names.
    ///   - isCancelled: asked before each layer; true ends the work with `cancelled` and no token added.
    package func append(
        _ tokens: [Int32],
        adapter: LowRankAdapter? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(SessionError) {
        guard tokens.count <= capacity - count else {
            throw .capacityExceeded(needed: count + tokens.count, capacity: capacity)
        }
        for token in tokens where token < 0 || Int(token) >= model.configuration.vocabulary {
            throw .tokenOutOfRange(token)
        }
        embed(tokens)
        try forward(rows: count..<count + tokens.count, layers: 0..<depth, adapter, isCancelled)
        count += tokens.count
    }

    /// Takes every held token through the layers up to `newDepth`, held to depth...layers.
    ///
    /// - Parameter isCancelled: asked before each layer; after `cancelled` the session must be reset.
    package func deepen(
        to newDepth: Int? = nil,
        adapter: LowRankAdapter? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(SessionError) {
        let target = max(depth, min(newDepth ?? model.configuration.layers, model.configuration.layers))
        try forward(rows: 0..<count, layers: depth..<target, adapter, isCancelled)
        depth = target
    }

    /// The residual stream of a held token after `depth` layers, `width` floats; valid inside `body`.
    package func withResidual<R>(at row: Int, _ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        precondition(row >= 0 && row < count, "the session holds \(count) tokens")
        let width = model.configuration.width
        return try body(UnsafeBufferPointer(start: residuals.base + row * width, count: width))
    }

    /// The logits that follow a held token, one per token of the vocabulary; valid inside `body`.
    ///
    /// The session must be at full depth.
    package func withLogits<R>(
        at row: Int,
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
    ) rethrows -> R {
        let sizes = model.configuration
        precondition(depth == sizes.layers, "logits need every layer; deepen the session first")
        precondition(row >= 0 && row < count, "the session holds \(count) tokens")
        norm(residuals.base + row * sizes.width, model.outputNorm, tokens: 1, into: workspace.row)
        model.pool.multiply(
            [model.output.product(into: workspace.logits.base, stride: sizes.vocabulary)],
            workspace.row.base,
            stride: sizes.width,
            tokens: 1,
            columns: sizes.width
        )
        return try body(UnsafeMutableBufferPointer(start: workspace.logits.base, count: sizes.vocabulary))
    }

    // MARK: Forward pass

    private func embed(_ tokens: [Int32]) {
        let embedding = model.embedding
        for (offset, token) in tokens.enumerated() {
            model.pool.run {
                ck_dequantize(
                    $0,
                    embedding.type.kernelType,
                    embedding.data + Int(token) * embedding.rowBytes,
                    embedding.rowBytes,
                    1,
                    Int32(embedding.columns),
                    residuals.base + (count + offset) * embedding.columns
                )
            }
        }
    }

    private func forward(
        rows: Range<Int>,
        layers: Range<Int>,
        _ adapter: LowRankAdapter?,
        _ isCancelled: () -> Bool
    ) throws(SessionError) {
        var first = rows.lowerBound
        while first < rows.upperBound {
            let tokens = min(Workspace.blockTokens, rows.upperBound - first)
            for layer in layers {
                if isCancelled() { throw .cancelled }
                attend(layer, first, tokens, adapter)
                feedForward(layer, first, tokens, adapter)
            }
            first += tokens
        }
    }

    /// residual += output(attention(norm(residual)))
    private func attend(_ index: Int, _ first: Int, _ tokens: Int, _ adapter: LowRankAdapter?) {
        let sizes = model.configuration
        let layer = model.layers[index]
        let residual = residuals.base + first * sizes.width
        norm(residual, layer.attentionNorm, tokens: tokens, into: workspace.normed)
        show(workspace.normed, tokens * sizes.width, index, .queryKeyValue)
        multiply(
            [
                (layer.query, workspace.queries, adapter?[index, .query]),
                (layer.key, workspace.keys, adapter?[index, .key]),
                (layer.value, workspace.values, adapter?[index, .value]),
            ],
            workspace.normed,
            tokens: tokens
        )
        rotate(workspace.queries, heads: sizes.heads, first, tokens)
        rotate(workspace.keys, heads: sizes.kvHeads, first, tokens)
        cache.store(
            keys: workspace.keys.base,
            values: workspace.values.base,
            tokens: tokens,
            at: first,
            layer: index
        )
        var arguments = ck_attention_arguments(
            queries: workspace.queries.base,
            keys: cache.keys(layer: index),
            values: cache.values(layer: index),
            out: workspace.attended.base,
            tokens: Int32(tokens),
            position: Int32(first),
            heads: Int32(sizes.heads),
            kv_heads: Int32(sizes.kvHeads),
            head_width: Int32(sizes.headWidth),
            capacity: Int32(capacity),
            scale: 1 / Float(sizes.headWidth).squareRoot()
        )
        model.pool.run {
            ck_attention($0, &arguments)
        }
        show(workspace.attended, tokens * sizes.width, index, .attentionOutput)
        multiply(
            [(layer.attentionOutput, workspace.normed, adapter?[index, .attentionOutput])],
            workspace.attended,
            tokens: tokens
        )
        ck_add(residual, workspace.normed.base, tokens * sizes.width)
    }

    /// residual += down(silu(gate(norm(residual))) * up(norm(residual)))
    private func feedForward(_ index: Int, _ first: Int, _ tokens: Int, _ adapter: LowRankAdapter?) {
        let sizes = model.configuration
        let layer = model.layers[index]
        let residual = residuals.base + first * sizes.width
        norm(residual, layer.feedForwardNorm, tokens: tokens, into: workspace.normed)
        show(workspace.normed, tokens * sizes.width, index, .gateUp)
        multiply(
            [
                (layer.gate, workspace.gate, adapter?[index, .gate]),
                (layer.up, workspace.up, adapter?[index, .up]),
            ],
            workspace.normed,
            tokens: tokens
        )
        model.pool.run {
            ck_swiglu(
                $0,
                workspace.gate.base,
                workspace.up.base,
                Int32(tokens),
                Int32(sizes.feedForwardWidth)
            )
        }
        show(workspace.gate, tokens * sizes.feedForwardWidth, index, .down)
        multiply([(layer.down, workspace.normed, adapter?[index, .down])], workspace.gate, tokens: tokens)
        ck_add(residual, workspace.normed.base, tokens * sizes.width)
    }

    private func show(_ x: FloatBuffer, _ count: Int, _ layer: Int, _ input: LayerInput) {
        onInput?(layer, input, UnsafeBufferPointer(start: x.base, count: count))
    }

    private func norm(_ x: UnsafePointer<Float>, _ weight: WeightMatrix, tokens: Int, into out: FloatBuffer) {
        let width = model.configuration.width
        model.pool.run {
            ck_rms_norm(
                $0,
                x,
                weight.data.assumingMemoryBound(to: Float.self),
                model.configuration.normEpsilon,
                Int32(tokens),
                Int32(width),
                out.base
            )
        }
    }

    private func rotate(_ x: FloatBuffer, heads: Int, _ first: Int, _ tokens: Int) {
        let width = model.configuration.headWidth
        ck_rope(
            x.base,
            heads * width,
            Int32(tokens),
            Int32(heads),
            Int32(width),
            Int32(first),
            model.cosines.base,
            model.sines.base
        )
    }

    /// Products that share their input, each with its adapter's part added.
    private func multiply(
        _ products: [(matrix: WeightMatrix, out: FloatBuffer, delta: LowRankDelta?)],
        _ x: FloatBuffer,
        tokens: Int
    ) {
        guard let columns = products.first?.matrix.columns else { return }
        model.pool.multiply(
            products.map { $0.matrix.product(into: $0.out.base, stride: $0.matrix.rows) },
            x.base,
            stride: columns,
            tokens: tokens,
            columns: columns
        )
        for (matrix, out, delta) in products {
            guard let delta else { continue }
            let inner = workspace.lowRank
            let rank = delta.a.rows
            model.pool.multiply(
                [delta.a.product(into: inner.base, stride: rank)],
                x.base,
                stride: columns,
                tokens: tokens,
                columns: columns
            )
            model.pool.multiply(
                [delta.b.product(into: out.base, stride: matrix.rows, accumulate: true)],
                inner.base,
                stride: rank,
                tokens: tokens,
                columns: rank
            )
        }
    }
}

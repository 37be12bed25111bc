/// Turns a float model into the weights of a packed one: adapter merged, smoothed, quantised, laid out.
///
/// One block's weights are floats at a time. The same inputs give the same bytes on every machine.
package struct ModelPacker {
    package let configuration: LlamaConfiguration
    let exitDepth: Int
    /// The output projection is the embedding.
    let isTied: Bool
    private let model: LlamaModel
    private let adapter: LowRankAdapter?
    /// nil leaves the weights unsmoothed.
    private let range: ActivationRange?

    /// - Parameters:
    ///   - adapter: merged into the weights.
    ///   - exitDepth: layers below the early read-out; all of them for a model without one.
    ///   - calibration: token sequences of usual text, which the model reads here; without any, nothing is smoothed.
    /// - Throws: `ModelFileError`.
    package init(
        _ model: LlamaModel,
        adapter: LowRankAdapter? = nil,
        exitDepth: Int? = nil,
        calibration: [[Int32]]
    ) throws(ModelFileError) {
        let sizes = model.configuration
        let depth = exitDepth ?? sizes.layers
        guard (1...sizes.layers).contains(depth) else {
            throw ModelFileError(.malformed, "has \(sizes.layers) layers, not \(depth)", path: model.file.path)
        }
        try sizes.checkPackable(path: model.file.path)
        configuration = sizes
        self.exitDepth = depth
        isTied = model.output.data == model.embedding.data
        self.model = model
        self.adapter = adapter
        range = calibration.isEmpty ? nil : try ActivationRange(of: model, adapter: adapter, windows: calibration)
    }

    var sections: [WeightSections.Section] { WeightSections(configuration, isTied: isTied).sections }

    /// Makes the sections one after another, in file order.
    ///
    /// - Parameter body: called with each section's bytes.
    /// - Throws: `ModelFileError` if a weight is not finite, and what `body` throws.
    func forEachSection(
        _ body: (UnsafeRawBufferPointer) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        try vocabulary(model.embedding, "token_embd", body)
        for index in 0..<configuration.layers {
            var layer = MergedLayer(model, index, adapter: adapter)
            if let range { layer.smooth(index, range, configuration) }
            try norm(layer.attentionNorm, "blk.\(index).attn_norm", body)
            try norm(layer.feedForwardNorm, "blk.\(index).ffn_norm", body)
            for product in LlamaConfiguration.PackedProduct.allCases {
                try self.product(product, of: layer, index, body)
            }
        }
        try norm(model.floats(model.outputNorm), "output_norm", body)
        if !isTied { try vocabulary(model.output, "output", body) }
    }

    private func product(
        _ product: LlamaConfiguration.PackedProduct,
        of layer: MergedLayer,
        _ index: Int,
        _ body: (UnsafeRawBufferPointer) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        let buffer = PackedMatrixBuffer(configuration.shape(of: product))
        var next = 0
        func append(_ matrix: FloatMatrix, _ rows: Range<Int>) throws(ModelFileError) {
            for row in rows {
                guard buffer.setRow(next, matrix.row(row)) else { throw notFinite("blk.\(index)") }
                next += 1
            }
        }
        switch product {
        case .queryKeyValue:
            for matrix in [layer.query, layer.key, layer.value] { try append(matrix, 0..<matrix.rows) }
        case .attentionOutput: try append(layer.attentionOutput, 0..<layer.attentionOutput.rows)
        case .gateUp:
            for first in stride(from: 0, to: layer.gate.rows, by: PackedShape.rowGroup) {
                try append(layer.gate, first..<first + PackedShape.rowGroup)
                try append(layer.up, first..<first + PackedShape.rowGroup)
            }
        case .down: try append(layer.down, 0..<layer.down.rows)
        }
        try buffer.forEachSection(body)
    }

    /// Packs a matrix of the vocabulary's length, a few rows as floats at a time.
    private func vocabulary(
        _ matrix: WeightMatrix,
        _ name: String,
        _ body: (UnsafeRawBufferPointer) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        let buffer = PackedMatrixBuffer(PackedShape(rows: matrix.rows, columns: matrix.columns))
        let panel = FloatMatrix(rows: 1024, columns: matrix.columns)
        for first in stride(from: 0, to: matrix.rows, by: panel.rows) {
            let rows = first..<min(first + panel.rows, matrix.rows)
            model.pool.expand(matrix, rows: rows, into: panel.values.base)
            for row in rows {
                guard buffer.setRow(row, panel.row(row - first)) else { throw notFinite(name) }
            }
        }
        try buffer.forEachSection(body)
    }

    private func norm(
        _ values: [Float],
        _ name: String,
        _ body: (UnsafeRawBufferPointer) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        guard values.allSatisfy(\.isFinite) else { throw notFinite(name) }
        // Typed throws do not pass through the standard library's closures.
        var result: Result<Void, ModelFileError> = .success(())
        values.withUnsafeBytes { bytes in
            do throws(ModelFileError) { try body(bytes) } catch { result = .failure(error) }
        }
        try result.get()
    }

    private func notFinite(_ name: String) -> ModelFileError {
        ModelFileError(.malformed, "has a weight in \(name) that is not finite", path: model.file.path)
    }
}

extension PackedMatrixBuffer {
    /// The three sections of a matrix, in file order.
    func forEachSection(
        _ body: (UnsafeRawBufferPointer) throws(ModelFileError) -> Void
    ) throws(ModelFileError) {
        try body(UnsafeRawBufferPointer(weights))
        try body(UnsafeRawBufferPointer(scales))
        try body(UnsafeRawBufferPointer(offsets))
    }
}

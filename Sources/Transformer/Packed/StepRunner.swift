import CKernels

/// Takes the tokens of many sequences through the model's layers together.
///
/// A token's result does not depend on what else is in the step, how its sequence was cut into steps, the number of threads or
/// the instruction set: it is bit-equal.
///
/// Not Sendable: a runner belongs to the inference thread.
package final class StepRunner {
    package let model: PackedModel
    package let pool: ComputePool
    package let layout: PageLayout
    /// The most tokens of a step.
    package let maximumRows: Int

    private(set) var buffers: StepBuffers
    /// Where in `buffers.logits` a segment's logits are.
    private var logitRows: [Int?] = []

    /// A pool of compute threads with the working memory that a runner of this model needs.
    ///
    /// - Throws: as `ComputePool` does.
    package static func makePool(
        _ model: PackedModel,
        threads: Int,
        level: KernelLevel? = nil
    ) throws(ModelFileError) -> ComputePool {
        try ComputePool(
            threads: threads,
            level: level,
            scratchFloats: max(model.configuration.width, model.configuration.feedForwardWidth)
        )
    }

    /// - Parameters:
    ///   - pool: made by `makePool`; runners may share it and take turns.
    ///   - maximumRows: the most tokens of a step.
    package init(_ model: PackedModel, pool: ComputePool, maximumRows: Int = 256) {
        self.model = model
        self.pool = pool
        self.layout = PageLayout(model.configuration)
        self.maximumRows = max(1, maximumRows)
        buffers = StepBuffers(model, rows: self.maximumRows)
    }

    /// Computes a step.
    ///
    /// - Parameters:
    ///   - segments: of different sequences, `maximumRows` tokens in sum at the most; every page that a segment's tokens
    ///     attend to is filled already, or by this step.
    ///   - isCancelled: asked before each layer; true ends the step with `cancelled`, and what the segments' own tokens
    ///     left in the pages is to be computed anew.
    package func run(_ segments: [StepSegment], isCancelled: () -> Bool = { false }) throws(SessionError) {
        try check(segments)
        // The lower stage computes a beginning of the rows, the upper stage an end of them.
        let order = segments.indices.sorted { segments[$0].stage.rank < segments[$1].stage.rank }
        var places: [ck_segment] = []
        var lower = 0..<0
        var upper = 0..<0
        var row = 0
        let pageCount = segments.reduce(0) { $0 + $1.pages.count }
        try withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: max(1, pageCount)) {
            pages throws(SessionError) in
            var used = 0
            for (place, index) in order.enumerated() {
                let segment = segments[index]
                guard let base = pages.baseAddress else { continue }
                let start = base + used
                for page in segment.pages {
                    (base + used).initialize(to: page)
                    used += 1
                }
                places.append(
                    ck_segment(
                        first_row: Int32(row),
                        rows: Int32(segment.tokens.count),
                        position: Int32(segment.position),
                        pages: UnsafePointer(start)
                    )
                )
                if segment.stage != .upper {
                    embed(segment.tokens, at: row)
                    lower = 0..<place + 1
                } else {
                    load(segment, at: row)
                }
                if segment.stage != .lower, upper.isEmpty { upper = place..<order.count }
                row += segment.tokens.count
            }
            try forward(places[lower], layers: 0..<model.exitDepth, isCancelled)
            for (place, index) in order.enumerated() where segments[index].stage != .upper {
                store(segments[index], from: Int(places[place].first_row))
            }
            try forward(places[upper], layers: model.exitDepth..<lastLayer, isCancelled)
            if isCancelled() { throw .cancelled }
            finish(segments, order, places, upper)
        }
    }

    /// The logits after the last token of segment `index` of the last step, one per token of the vocabulary; valid inside
    /// `body`, which may write to them. Where the segment named candidates only theirs say anything.
    package func withLogits<R>(
        _ index: Int,
        _ body: (UnsafeMutableBufferPointer<Float>) throws -> R
    ) rethrows -> R {
        guard index < logitRows.count, let row = logitRows[index] else {
            preconditionFailure("segment \(index) did not ask for logits")
        }
        return try body(
            UnsafeMutableBufferPointer(
                start: buffers.logits.base + row * buffers.logitsStride,
                count: model.configuration.vocabulary
            )
        )
    }

    private func check(_ segments: [StepSegment]) throws(SessionError) {
        let rows = segments.reduce(0) { $0 + $1.tokens.count }
        guard rows <= maximumRows else { throw .capacityExceeded(needed: rows, capacity: maximumRows) }
        for segment in segments {
            let end = segment.position + segment.tokens.count
            guard segment.position >= 0, end <= model.maximumPositions else {
                throw .capacityExceeded(needed: end, capacity: model.maximumPositions)
            }
            precondition(segment.pages.count >= PageLayout.pages(for: end), "a page is missing")
            guard segment.stage != .upper else { continue }
            for token in segment.tokens where token < 0 || Int(token) >= model.configuration.vocabulary {
                throw .tokenOutOfRange(token)
            }
        }
    }

    // MARK: Residual stream

    private func embed(_ tokens: [Int32], at row: Int) {
        let width = model.configuration.width
        withUnsafePointer(to: model.embedding.kernelMatrix) { matrix in
            for (offset, token) in tokens.enumerated() {
                ck_packed_row(matrix, token, buffers.residual.base + (row + offset) * width)
            }
        }
    }

    private func load(_ segment: StepSegment, at row: Int) {
        let width = model.configuration.width
        for offset in segment.tokens.indices {
            let (page, slot) = (segment.position + offset).quotientAndRemainder(dividingBy: PageLayout.tokens)
            let stored = layout.residual(segment.pages[page], row: slot)
            (buffers.residual.base + (row + offset) * width).update(from: stored, count: width)
        }
    }

    private func store(_ segment: StepSegment, from row: Int) {
        let width = model.configuration.width
        for offset in segment.tokens.indices {
            let (page, slot) = (segment.position + offset).quotientAndRemainder(dividingBy: PageLayout.tokens)
            let place = layout.residual(segment.pages[page], row: slot)
            place.update(from: buffers.residual.base + (row + offset) * width, count: width)
        }
    }

    // MARK: Last layer and logits

    /// Takes the rows that want logits through what is left for them, the last layer and the output. The others leave their
    /// keys and values in that layer and need no more of it.
    private func finish(_ segments: [StepSegment], _ order: [Int], _ places: [ck_segment], _ upper: Range<Int>) {
        logitRows = [Int?](repeating: nil, count: segments.count)
        let width = model.configuration.width
        let residual = buffers.residual.base
        let block = lastLayer < model.configuration.layers ? RowBlock(places[upper]) : nil
        if let block {
            withAttention(lastLayer, block.segments) { attention in
                pool.run {
                    project($0, model.layers[lastLayer], &attention, residual + block.start * width, block.rows)
                }
            }
        }
        var kept: [ck_segment] = []
        for (place, index) in order.enumerated() where segments[index].wantsLogits {
            var segment = places[place]
            precondition(segments[index].stage != .lower && segment.rows > 0, "logits need every layer")
            // Wanted rows move to the front; one never overtakes another.
            let row = Int(segment.first_row + segment.rows) - 1
            move(residual, width: width, from: row, to: kept.count)
            if let block {
                let queries = (buffers.queriesKeysValues.base, buffers.queriesKeysValuesStride)
                move(queries.0, width: queries.1, from: row - block.start, to: kept.count)
            }
            logitRows[index] = kept.count
            segment.position += segment.rows - 1
            segment.first_row = Int32(kept.count)
            segment.rows = 1
            kept.append(segment)
        }
        let tokens = Int32(kept.count)
        guard tokens > 0 else { return }
        if block != nil {
            withAttention(lastLayer, kept) { attention in
                pool.run { mix($0, model.layers[lastLayer], &attention, residual, tokens) }
            }
        }
        // One that wants all has all computed for the others, too.
        let candidates = segments.lazy.filter(\.wantsLogits).map(\.candidates)
        computeLogits(tokens, candidates: candidates.contains(nil) ? nil : candidates.flatMap { $0 ?? [] })
    }

    private func move(_ rows: UnsafeMutablePointer<Float>, width: Int, from row: Int, to place: Int) {
        guard row != place else { return }
        (rows + place * width).update(from: rows + row * width, count: width)
    }

    /// - Parameter candidates: tokens whose logits are enough; nil for all.
    private func computeLogits(_ tokens: Int32, candidates: [Int32]?) {
        if buffers.logits.count < Int(tokens) * buffers.logitsStride {
            buffers.logits = FloatBuffer(Int(tokens) * buffers.logitsStride)
        }
        let parts = candidates.map { model.output.parts(holding: $0) } ?? [model.output.allRows]
        pool.run { pool in
            norm(pool, buffers.residual.base, model.outputNorm, tokens)
            for rows in parts {
                let part = model.output.kernelMatrix(rows)
                multiply(pool, part, tokens, CK_SET, buffers.logits.base + rows.lowerBound, buffers.logitsStride)
            }
        }
    }
}

extension PackedMatrix {
    /// Rows that the kernels compute together.
    private static let block = Int(CK_PACKED_ROWS)
    /// Of so many parts each costs less than all rows, whatever it costs to begin one.
    private static let mostParts = 64

    fileprivate var allRows: Range<Int> { 0..<paddedRows }

    /// Neighbouring rows, in blocks, that hold all of these.
    fileprivate func parts(holding rows: [Int32]) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        for block in Set(rows.map { Int($0) / Self.block }).sorted() {
            let start = block * Self.block
            if parts.last?.upperBound == start, let last = parts.popLast() {
                parts.append(last.lowerBound..<start + Self.block)
            } else {
                parts.append(start..<start + Self.block)
            }
        }
        return parts.count <= Self.mostParts ? parts : [allRows]
    }
}

extension StepSegment.Stage {
    /// Rows that stop early come first, rows that start late come last.
    fileprivate var rank: Int {
        switch self {
        case .lower: 0
        case .whole: 1
        case .upper: 2
        }
    }
}

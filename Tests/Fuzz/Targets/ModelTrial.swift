import Transformer

/// Computes a few tokens: whatever a file's numbers are, the outcome is logits or a typed error.
enum ModelTrial {
    static func run(_ model: LlamaModel) {
        let vocabulary = model.configuration.vocabulary
        let session = Session(model: model, capacity: 8)
        for token in [-1, Int32(truncatingIfNeeded: vocabulary), .max] {
            precondition((try? session.append([token])) == nil, "\(token) is no token")
        }
        // A model may have a context of one token.
        let tokens = [0, Int32(truncatingIfNeeded: vocabulary - 1)].prefix(session.capacity)
        guard (try? session.append(Array(tokens))) != nil else {
            preconditionFailure("tokens of the vocabulary were refused")
        }
        session.withLogits(at: tokens.count - 1) { check($0) }
    }

    static func run(_ model: PackedModel) {
        guard let pool = try? StepRunner.makePool(model, threads: 1) else { return }
        let runner = StepRunner(model, pool: pool, maximumRows: 4)
        let page = UnsafeMutableRawPointer.allocate(
            byteCount: runner.layout.byteCount,
            alignment: PageLayout.alignment
        )
        defer { page.deallocate() }
        let vocabulary = Int32(truncatingIfNeeded: model.configuration.vocabulary)
        for token in [-1, vocabulary, .max] {
            let segment = StepSegment(.whole, tokens: [token], position: 0, pages: [page])
            precondition((try? runner.run([segment])) == nil, "\(token) is no token")
        }
        let count = min(2, model.maximumPositions)
        let tokens = [0, vocabulary - 1].prefix(count)
        let lower = StepSegment(.lower, tokens: Array(tokens), position: 0, pages: [page])
        let upper = StepSegment(.upper, tokens: Array(tokens), position: 0, pages: [page], wantsLogits: true)
        guard (try? runner.run([lower])) != nil, (try? runner.run([upper])) != nil else {
            preconditionFailure("tokens of the vocabulary were refused")
        }
        runner.withLogits(0) { check($0) }
    }

    private static func check(_ logits: UnsafeMutableBufferPointer<Float>) {
        guard let best = try? Sampler.likeliest(UnsafeBufferPointer(logits)) else { return }
        precondition(logits.indices.contains(Int(best)), "\(best) is no token")
    }
}

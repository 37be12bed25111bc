/// The sizes of a Llama-architecture model, as its file states them.
package struct LlamaConfiguration: Sendable, Equatable, Codable {
    package var layers: Int
    /// Width of the residual stream.
    package var width: Int
    package var heads: Int
    /// Key and value heads; each serves `heads / kvHeads` query heads.
    package var kvHeads: Int
    package var feedForwardWidth: Int
    package var vocabulary: Int
    /// The longest sequence the model was trained for, in tokens.
    package var contextLength: Int
    package var ropeBase: Double
    package var normEpsilon: Float

    package var headWidth: Int { width / heads }
    package var kvWidth: Int { kvHeads * headWidth }

    /// Reads and checks the sizes: what the kernels need of them (multiples, ranges) is an error here, not there.
    init(_ file: GGUFFile) throws(ModelFileError) {
        let architecture = try file.string("general.architecture")
        guard architecture == "llama" else {
            throw ModelFileError(
                .unsupported,
                "is of the architecture \(architecture); only llama is computed",
                path: file.path
            )
        }
        layers = try file.integer("llama.block_count")
        width = try file.integer("llama.embedding_length")
        heads = try file.integer("llama.attention.head_count")
        kvHeads =
            file.metadata["llama.attention.head_count_kv"] == nil
            ? heads : try file.integer("llama.attention.head_count_kv")
        feedForwardWidth = try file.integer("llama.feed_forward_length")
        contextLength = try file.integer("llama.context_length")
        ropeBase = file.metadata["llama.rope.freq_base"] == nil ? 10_000 : try file.float("llama.rope.freq_base")
        normEpsilon = Float(try file.float("llama.attention.layer_norm_rms_epsilon"))
        guard let embedding = file.tensors["token_embd.weight"], embedding.shape.count == 2 else {
            throw ModelFileError(.missing, "has no tensor token_embd.weight of two dimensions", path: file.path)
        }
        vocabulary = embedding.shape[1]
        try check(path: file.path)
        if file.metadata["llama.rope.dimension_count"] != nil {
            let rotated = try file.integer("llama.rope.dimension_count")
            guard rotated == headWidth else {
                throw ModelFileError(.unsupported, "rotates \(rotated) of \(headWidth) dimensions", path: file.path)
            }
        }
        // A scaled rotation would silently give other numbers.
        guard file.tensors["rope_freqs.weight"] == nil, try !Self.scalesRotation(file) else {
            throw ModelFileError(.unsupported, "scales its rotary embedding", path: file.path)
        }
    }

    /// Whether positions are scaled before they are rotated by. A factor alone does it, too; 0 stands for none.
    private static func scalesRotation(_ file: GGUFFile) throws(ModelFileError) -> Bool {
        let type = "llama.rope.scaling.type"
        if file.metadata[type] != nil, try file.string(type) != "none" { return true }
        for key in ["llama.rope.scaling.factor", "llama.rope.scale_linear"] where file.metadata[key] != nil {
            let factor = try file.float(key)
            if factor != 0, factor != 1 { return true }
        }
        return false
    }

    /// Checks that the kernels can compute these sizes, and that no product of them overflows.
    ///
    /// - Parameter path: of the file that states them.
    func check(path: String) throws(ModelFileError) {
        func require(_ condition: Bool, _ reason: String) throws(ModelFileError) {
            guard condition else { throw ModelFileError(.unsupported, reason, path: path) }
        }
        try require((1...1024).contains(layers), "has \(layers) layers")
        try require((32...65_536).contains(width) && width % 32 == 0, "has the width \(width), no multiple of 32")
        try require((1...1024).contains(heads) && width % heads == 0, "has \(heads) heads for the width \(width)")
        try require((1...heads).contains(kvHeads) && heads % kvHeads == 0, "has \(kvHeads) key heads for \(heads)")
        try require(headWidth % 16 == 0 && headWidth <= 256, "has heads of width \(headWidth), no multiple of 16")
        try require(
            (32...1_048_576).contains(feedForwardWidth) && feedForwardWidth % 32 == 0,
            "has a feed-forward width of \(feedForwardWidth), no multiple of 32"
        )
        try require((1...16_777_216).contains(vocabulary), "has a vocabulary of \(vocabulary)")
        try require((1...1_048_576).contains(contextLength), "has a context of \(contextLength)")
        try require(ropeBase.isFinite && ropeBase > 1, "has the rotary base \(ropeBase)")
        try require(normEpsilon.isFinite && normEpsilon > 0, "has the norm epsilon \(normEpsilon)")
    }
}

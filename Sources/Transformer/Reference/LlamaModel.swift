import CKernels

/// The weights of a Llama-architecture model, mapped from a GGUF file, and the threads that compute with them.
///
/// Immutable: any number of sessions share it. Weights keep their stored form in the mapped file; kernels expand a few
/// rows at a time, so resident memory stays near the size of the file and its pages are shared between processes.
package final class LlamaModel: Sendable {
    package let configuration: LlamaConfiguration
    /// The file, for the tokenizer's part of the metadata.
    package let file: GGUFFile
    package let pool: ComputePool

    let embedding: WeightMatrix
    let layers: [LlamaLayer]
    let outputNorm: WeightMatrix
    /// The embedding itself where the model ties them.
    let output: WeightMatrix
    /// The longest sequence that a session may hold, in tokens.
    package let maximumPositions: Int
    /// [maximumPositions][headWidth / 2]
    let cosines: FloatBuffer
    let sines: FloatBuffer

    /// - Parameters:
    ///   - path: a GGUF file; weights of type F32, F16, Q4_0, Q4_1 or Q8_0.
    ///   - threads: compute threads, the caller's included.
    ///   - level: instruction set level, by default the one in force; see `ComputePool`.
    ///   - maximumPositions: bound on the length of sequences, beside the model's own context length.
    package convenience init(
        contentsOf path: String,
        threads: Int = 2,
        level: KernelLevel? = nil,
        maximumPositions: Int = 8192
    ) throws(ModelFileError) {
        try self.init(
            try GGUFFile(path: path),
            threads: threads,
            level: level,
            maximumPositions: maximumPositions
        )
    }

    package init(
        _ file: GGUFFile,
        threads: Int,
        level: KernelLevel? = nil,
        maximumPositions: Int = 8192
    ) throws(ModelFileError) {
        let path = file.path
        let sizes = try LlamaConfiguration(file)
        embedding = try WeightMatrix(file, "token_embd.weight", rows: sizes.vocabulary, columns: sizes.width)
        outputNorm = try WeightMatrix(file, "output_norm.weight", rows: 1, columns: sizes.width)
        _ = try outputNorm.floats("output_norm", path: path)
        output =
            file.tensors["output.weight"] == nil
            ? embedding : try WeightMatrix(file, "output.weight", rows: sizes.vocabulary, columns: sizes.width)
        var layers: [LlamaLayer] = []
        var unread = Set(file.tensors.keys)
        unread.subtract(["token_embd.weight", "output_norm.weight", "output.weight"])
        for index in 0..<sizes.layers { layers.append(try LlamaLayer(file, index, sizes, unread: &unread)) }
        self.layers = layers
        // A bias or another norm that is passed over would silently give other numbers.
        if let name = unread.min() {
            throw ModelFileError(.unsupported, "has the tensor \(name), which is not computed", path: path)
        }

        let positions = max(1, min(maximumPositions, sizes.contextLength))
        let columns = max(sizes.width, sizes.feedForwardWidth, LowRankAdapter.maximumRank)
        let scratch = max(Int(CK_PANEL_ROWS) * columns, positions + 16)
        pool = try ComputePool(threads: threads, level: level, scratchFloats: scratch)
        (cosines, sines) = RotaryAngles.tables(sizes, positions: positions)
        self.maximumPositions = positions
        self.configuration = sizes
        self.file = file
    }
}

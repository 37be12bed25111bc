/// A matrix of int8 weights, one scale a row, laid out for the kernels.
///
/// `weights` is [rows / 16][columns / 4][16][4], aligned to 64 bytes, the rows padded with zeros to a multiple of sixteen;
/// `scales` and `offsets` (-128 times the sum of a row's weights) have a number for each padded row. The memory belongs to
/// the model's owner.
// Unchecked: the memory is never written once the matrix is made.
package struct PackedMatrix: @unchecked Sendable {
    /// Outputs, without padding.
    package let rows: Int
    /// Inputs; a multiple of 32.
    package let columns: Int
    package let weights: UnsafePointer<Int8>
    package let scales: UnsafePointer<Float>
    package let offsets: UnsafePointer<Int32>

    package init(
        rows: Int,
        columns: Int,
        weights: UnsafePointer<Int8>,
        scales: UnsafePointer<Float>,
        offsets: UnsafePointer<Int32>
    ) {
        self.rows = rows
        self.columns = columns
        self.weights = weights
        self.scales = scales
        self.offsets = offsets
    }

    /// Rows with their padding.
    package var paddedRows: Int { PackedShape(rows: rows, columns: columns).paddedRows }
}

/// The weights of one packed transformer block.
// Unchecked: as `PackedMatrix`.
package struct PackedLayer: @unchecked Sendable {
    /// Rows of the query, then the key, then the value.
    package let queryKeyValue: PackedMatrix
    package let attentionOutput: PackedMatrix
    /// Sixteen rows of the gate, sixteen of the up projection, and so on.
    package let gateUp: PackedMatrix
    package let down: PackedMatrix
    /// [width]
    package let attentionNorm: UnsafePointer<Float>
    package let feedForwardNorm: UnsafePointer<Float>

    package init(
        queryKeyValue: PackedMatrix,
        attentionOutput: PackedMatrix,
        gateUp: PackedMatrix,
        down: PackedMatrix,
        attentionNorm: UnsafePointer<Float>,
        feedForwardNorm: UnsafePointer<Float>
    ) {
        self.queryKeyValue = queryKeyValue
        self.attentionOutput = attentionOutput
        self.gateUp = gateUp
        self.down = down
        self.attentionNorm = attentionNorm
        self.feedForwardNorm = feedForwardNorm
    }
}

/// A Llama-architecture model in the form that the int8 kernels compute with.
///
/// Immutable: any number of runners share it.
// Unchecked: the pointers are into memory of `owner`, which is never written.
package final class PackedModel: @unchecked Sendable {
    package let configuration: LlamaConfiguration
    /// Layers below the early read-out, 1...layers; all of them for a model without one.
    package let exitDepth: Int
    /// The longest sequence, in tokens.
    package let maximumPositions: Int

    let layers: [PackedLayer]
    let embedding: PackedMatrix
    /// The embedding itself where the model ties them.
    let output: PackedMatrix
    let outputNorm: UnsafePointer<Float>
    /// [maximumPositions][headWidth / 2]
    let cosines: FloatBuffer
    let sines: FloatBuffer
    private let owner: any Sendable

    /// - Parameters:
    ///   - exitDepth: held to 1...layers.
    ///   - owner: keeps the weights' memory, such as a mapped file.
    ///   - maximumPositions: bound on the length of sequences, beside the model's own context length.
    package init(
        configuration: LlamaConfiguration,
        exitDepth: Int,
        layers: [PackedLayer],
        embedding: PackedMatrix,
        output: PackedMatrix,
        outputNorm: UnsafePointer<Float>,
        owner: any Sendable,
        maximumPositions: Int = 8192
    ) {
        precondition(layers.count == configuration.layers, "a layer is missing")
        self.configuration = configuration
        self.exitDepth = max(1, min(exitDepth, configuration.layers))
        self.layers = layers
        self.embedding = embedding
        self.output = output
        self.outputNorm = outputNorm
        self.owner = owner
        self.maximumPositions = max(1, min(maximumPositions, configuration.contextLength))
        (cosines, sines) = RotaryAngles.tables(configuration, positions: self.maximumPositions)
    }
}

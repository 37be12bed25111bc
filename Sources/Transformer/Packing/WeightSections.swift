/// The named runs of bytes that hold a packed model's weights, in file order.
struct WeightSections: Sendable {
    /// Sections begin at multiples of this, a cache line.
    static let alignment = 64

    /// The first multiple of `alignment` from an offset on.
    static func aligned(_ offset: Int, to alignment: Int = Self.alignment) -> Int {
        (offset + alignment - 1) / alignment * alignment
    }

    struct Section: Sendable, Equatable {
        var name: String
        var length: Int
    }

    let sections: [Section]

    /// - Parameter isTied: the output projection is the embedding.
    init(_ sizes: LlamaConfiguration, isTied: Bool) {
        var sections: [Section] = []
        func matrix(_ name: String, _ shape: PackedShape) {
            sections.append(Section(name: "\(name).weights", length: shape.weightBytes))
            sections.append(Section(name: "\(name).scales", length: shape.scaleBytes))
            sections.append(Section(name: "\(name).offsets", length: shape.offsetBytes))
        }
        let norm = sizes.width * MemoryLayout<Float>.stride
        matrix("embedding", sizes.vocabularyShape)
        for layer in 0..<sizes.layers {
            sections.append(Section(name: "layers.\(layer).attention_norm", length: norm))
            sections.append(Section(name: "layers.\(layer).feed_forward_norm", length: norm))
            for product in LlamaConfiguration.PackedProduct.allCases {
                matrix("layers.\(layer).\(product.rawValue)", sizes.shape(of: product))
            }
        }
        sections.append(Section(name: "output_norm", length: norm))
        if !isTied { matrix("output", sizes.vocabularyShape) }
        self.sections = sections
    }
}

extension PackedModel {
    /// A model whose weights lie in sections of memory.
    ///
    /// - Parameters:
    ///   - owner: keeps the memory.
    ///   - section: the start of a section of `WeightSections`, aligned and of the length given there.
    convenience init(
        _ sizes: LlamaConfiguration,
        exitDepth: Int,
        isTied: Bool,
        owner: any Sendable,
        section: (String) throws(ModelFileError) -> UnsafeRawPointer
    ) throws(ModelFileError) {
        func matrix(_ name: String, _ shape: PackedShape) throws(ModelFileError) -> PackedMatrix {
            PackedMatrix(
                rows: shape.rows,
                columns: shape.columns,
                weights: try section("\(name).weights").assumingMemoryBound(to: Int8.self),
                scales: try section("\(name).scales").assumingMemoryBound(to: Float.self),
                offsets: try section("\(name).offsets").assumingMemoryBound(to: Int32.self)
            )
        }
        func product(
            _ layer: Int,
            _ product: LlamaConfiguration.PackedProduct
        ) throws(ModelFileError) -> PackedMatrix {
            try matrix("layers.\(layer).\(product.rawValue)", sizes.shape(of: product))
        }
        func norm(_ name: String) throws(ModelFileError) -> UnsafePointer<Float> {
            try section(name).assumingMemoryBound(to: Float.self)
        }
        var layers: [PackedLayer] = []
        for layer in 0..<sizes.layers {
            layers.append(
                PackedLayer(
                    queryKeyValue: try product(layer, .queryKeyValue),
                    attentionOutput: try product(layer, .attentionOutput),
                    gateUp: try product(layer, .gateUp),
                    down: try product(layer, .down),
                    attentionNorm: try norm("layers.\(layer).attention_norm"),
                    feedForwardNorm: try norm("layers.\(layer).feed_forward_norm")
                )
            )
        }
        let embedding = try matrix("embedding", sizes.vocabularyShape)
        self.init(
            configuration: sizes,
            exitDepth: exitDepth,
            layers: layers,
            embedding: embedding,
            output: isTied ? embedding : try matrix("output", sizes.vocabularyShape),
            outputNorm: try norm("output_norm"),
            owner: owner
        )
    }
}

import CKernels

/// The extents of a packed matrix and what it takes in memory.
struct PackedShape: Sendable, Equatable {
    /// Rows that the kernels read together; matrices are padded to a multiple of it.
    static let rowGroup = Int(CK_PACKED_ROWS)
    /// Columns that lie together in a row's group.
    static let columnGroup = 4

    let rows: Int
    let columns: Int

    var paddedRows: Int { (rows + Self.rowGroup - 1) / Self.rowGroup * Self.rowGroup }
    var weightBytes: Int { paddedRows * columns }
    var scaleBytes: Int { paddedRows * MemoryLayout<Float>.stride }
    var offsetBytes: Int { paddedRows * MemoryLayout<Int32>.stride }

    /// Where the weight of a row and a column lies: [rows / 16][columns / 4][16][4].
    func index(row: Int, column: Int) -> Int {
        let group = row / Self.rowGroup * columns * Self.rowGroup
        let chunk = column / Self.columnGroup * Self.rowGroup * Self.columnGroup
        return group + chunk + row % Self.rowGroup * Self.columnGroup + column % Self.columnGroup
    }
}

extension LlamaConfiguration {
    /// The matrices of a packed block, in the order in which files hold them.
    enum PackedProduct: String, CaseIterable {
        case queryKeyValue = "qkv"
        case attentionOutput = "attention_output"
        case gateUp = "gate_up"
        case down = "down"
    }

    func shape(of product: PackedProduct) -> PackedShape {
        switch product {
        case .queryKeyValue: PackedShape(rows: width + 2 * kvWidth, columns: width)
        case .attentionOutput: PackedShape(rows: width, columns: width)
        case .gateUp: PackedShape(rows: 2 * feedForwardWidth, columns: width)
        case .down: PackedShape(rows: width, columns: feedForwardWidth)
        }
    }

    /// The embedding, and the output projection.
    var vocabularyShape: PackedShape { PackedShape(rows: vocabulary, columns: width) }

    /// What the integer kernels ask for beyond `check`: sums of a row's products must fit 32 bits.
    func checkPackable(path: String) throws(ModelFileError) {
        guard feedForwardWidth <= 65_536 else {
            throw ModelFileError(
                .unsupported,
                "has a feed-forward width of \(feedForwardWidth); packed models have at most 65536",
                path: path
            )
        }
    }
}

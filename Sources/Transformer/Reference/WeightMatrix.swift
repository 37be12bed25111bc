import CKernels

/// A matrix of weights in its stored form: `rows` x `columns`, row-major, in a mapped file or in memory of its own.
// Unchecked: the weights are never written after the matrix is made, and `owner` keeps their memory.
struct WeightMatrix: @unchecked Sendable {
    let type: TensorType
    let rows: Int
    let columns: Int
    let data: UnsafeRawPointer
    private let owner: any Sendable & AnyObject

    var rowBytes: Int { columns / type.blockLength * type.blockBytes }

    /// The tensor `name` of a GGUF file, which must have the shape [columns, rows].
    init(_ file: GGUFFile, _ name: String, rows: Int, columns: Int) throws(ModelFileError) {
        guard let tensor = file.tensors[name] else {
            throw ModelFileError(.missing, "has no tensor \(name)", path: file.path)
        }
        guard tensor.shape == [columns, rows] || (rows == 1 && tensor.shape == [columns]) else {
            throw ModelFileError(
                .malformed,
                "gives tensor \(name) the shape \(tensor.shape), not [\(columns), \(rows)]",
                path: file.path
            )
        }
        guard let base = file.file.bytes.baseAddress else {
            throw ModelFileError(.truncated, "is empty", path: file.path)
        }
        self.type = tensor.type
        self.rows = rows
        self.columns = columns
        self.data = base + tensor.range.lowerBound
        self.owner = file.file
    }

    /// Float weights of its own.
    init(rows: Int, columns: Int, _ values: FloatBuffer) {
        self.type = .f32
        self.rows = rows
        self.columns = columns
        self.data = UnsafeRawPointer(values.base)
        self.owner = values
    }

    /// The weights of a single row as floats in place: norms, which are stored as F32.
    func floats(_ name: String, path: String) throws(ModelFileError) -> UnsafePointer<Float> {
        guard type == .f32, UInt(bitPattern: data) % 4 == 0 else {
            throw ModelFileError(.unsupported, "stores \(name) as \(type); norms are read as F32", path: path)
        }
        return data.assumingMemoryBound(to: Float.self)
    }

    /// This matrix times an input, as the kernels take it; `y` has `yStride` floats per token.
    func product(into y: UnsafeMutablePointer<Float>, stride: Int, accumulate: Bool = false) -> ck_product {
        ck_product(
            type: type.kernelType,
            weights: data,
            row_bytes: rowBytes,
            rows: Int32(rows),
            y: y,
            y_stride: stride,
            accumulate: accumulate
        )
    }
}

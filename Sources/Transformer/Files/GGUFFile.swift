/// A GGUF model file (versions 2 and 3, little-endian): metadata, and tensors that stay in the mapped file.
///
/// Layout: magic, version, tensor count, metadata count; the metadata (key, type, value); the tensors' names, shapes,
/// types and offsets; padding; the data. Nothing in the file is trusted: every count, length and offset is checked against
/// the file's size when it is opened, so that reading a tensor later cannot leave the mapping.
package final class GGUFFile: Sendable {
    /// Limits of what a header may announce. A hostile header could otherwise make the reader allocate or loop at will.
    enum Limits {
        static let metadataEntries = 65_536
        static let tensors = 65_536
        static let keyBytes = 65_535
        static let stringBytes = 16 << 20
        static let dimensions = 4
        static let alignment = 1 << 20
    }

    /// A tensor's place. `shape` is innermost first, as in the file: [columns, rows].
    package struct Tensor: Sendable {
        package let name: String
        package let shape: [Int]
        package let type: TensorType
        /// Bytes of the tensor in the file.
        package let range: Range<Int>
    }

    package let path: String
    let file: MappedFile
    package let version: UInt32
    package let metadata: [String: GGUFValue]
    package let tensors: [String: Tensor]

    package convenience init(path: String) throws(ModelFileError) {
        try self.init(try MappedFile(path: path))
    }

    package init(_ file: MappedFile) throws(ModelFileError) {
        let path = file.path
        var reader = ByteReader(file.bytes, path: path)
        guard try reader.integer(UInt32.self, "the magic number") == 0x4655_4747 else {
            throw ModelFileError(.wrongFormat, "is not a GGUF file", path: path)
        }
        version = try reader.integer(UInt32.self, "the version")
        guard version == 2 || version == 3 else {
            throw ModelFileError(.unsupportedVersion, "has GGUF version \(version); 2 and 3 are read", path: path)
        }
        let tensorCount = try reader.count("the tensor count")
        let entryCount = try reader.count("the metadata count")
        guard tensorCount <= Limits.tensors, entryCount <= Limits.metadataEntries else {
            throw ModelFileError(
                .malformed,
                "announces \(tensorCount) tensors and \(entryCount) metadata entries",
                path: path
            )
        }

        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<entryCount {
            let key = try reader.string(limit: Limits.keyBytes, "a metadata key")
            let value = try Self.readValue(&reader, path: path)
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw ModelFileError(.malformed, "has the metadata key \(key) twice", path: path)
            }
        }

        let headers = try Self.readTensorHeaders(&reader, count: tensorCount, path: path)
        let alignment = try Self.alignment(metadata, path: path)
        let dataStart = (reader.offset + alignment - 1) / alignment * alignment
        self.tensors = try Self.place(headers, after: dataStart, alignment: alignment, in: file)
        self.path = path
        self.file = file
        self.metadata = metadata
    }

    // MARK: Metadata

    private static func readValue(_ reader: inout ByteReader, path: String) throws(ModelFileError) -> GGUFValue {
        switch try readType(&reader, path: path) {
        case .uint8: .unsigned(UInt64(try reader.integer(UInt8.self, "a value")))
        case .uint16: .unsigned(UInt64(try reader.integer(UInt16.self, "a value")))
        case .uint32: .unsigned(UInt64(try reader.integer(UInt32.self, "a value")))
        case .uint64: .unsigned(try reader.integer(UInt64.self, "a value"))
        case .int8: .signed(Int64(try reader.integer(Int8.self, "a value")))
        case .int16: .signed(Int64(try reader.integer(Int16.self, "a value")))
        case .int32: .signed(Int64(try reader.integer(Int32.self, "a value")))
        case .int64: .signed(try reader.integer(Int64.self, "a value"))
        case .float32: .float(Double(Float(bitPattern: try reader.integer(UInt32.self, "a value"))))
        case .float64: .float(Double(bitPattern: try reader.integer(UInt64.self, "a value")))
        case .bool: .bool(try reader.integer(UInt8.self, "a value") != 0)
        case .string: .string(try reader.string(limit: Limits.stringBytes, "a string value"))
        case .array: .array(try readArray(&reader, path: path))
        }
    }

    private static func readType(_ reader: inout ByteReader, path: String) throws(ModelFileError) -> GGUFValueType {
        let number = try reader.integer(UInt32.self, "a value type")
        guard let type = GGUFValueType(rawValue: number) else {
            throw ModelFileError(.malformed, "has a value of unknown type \(number)", path: path)
        }
        return type
    }

    private static func readArray(_ reader: inout ByteReader, path: String) throws(ModelFileError) -> GGUFArray {
        let type = try readType(&reader, path: path)
        let count = try reader.count("an array length")
        let start = reader.offset
        if let size = type.fixedSize {
            let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow else {
                throw ModelFileError(.malformed, "has an array of \(count) elements", path: path)
            }
            try reader.skip(bytes, "an array")
        } else if type == .string {
            // Each string is at least its eight bytes of length, so the file's size bounds this loop.
            for _ in 0..<count {
                let length = try reader.count("a string length")
                try reader.skip(length, "a string")
            }
        } else {
            throw ModelFileError(.unsupported, "has an array of arrays", path: path)
        }
        return GGUFArray(elementType: type, count: count, range: start..<reader.offset)
    }

    private static func alignment(_ metadata: [String: GGUFValue], path: String) throws(ModelFileError) -> Int {
        guard let value = metadata["general.alignment"] else { return 32 }
        guard case .unsigned(let alignment) = value, alignment >= 8, alignment <= UInt64(Limits.alignment),
            alignment.nonzeroBitCount == 1
        else {
            throw ModelFileError(.malformed, "has a general.alignment that is no power of two from 8", path: path)
        }
        return Int(alignment)
    }

    // MARK: Tensors

    private struct TensorHeader {
        var name: String
        var shape: [Int]
        var type: UInt32
        var offset: Int
    }

    private static func readTensorHeaders(
        _ reader: inout ByteReader,
        count: Int,
        path: String
    ) throws(ModelFileError) -> [TensorHeader] {
        var headers: [TensorHeader] = []
        for _ in 0..<count {
            let name = try reader.string(limit: Limits.keyBytes, "a tensor name")
            let dimensions = try reader.integer(UInt32.self, "a tensor's dimensions")
            guard dimensions >= 1, dimensions <= Limits.dimensions else {
                throw ModelFileError(.malformed, "gives tensor \(name) \(dimensions) dimensions", path: path)
            }
            var shape: [Int] = []
            for _ in 0..<dimensions { shape.append(try reader.count("a tensor's shape")) }
            let type = try reader.integer(UInt32.self, "a tensor's type")
            let offset = try reader.count("a tensor's offset")
            headers.append(TensorHeader(name: name, shape: shape, type: type, offset: offset))
        }
        return headers
    }

    private static func place(
        _ headers: [TensorHeader],
        after dataStart: Int,
        alignment: Int,
        in file: MappedFile
    ) throws(ModelFileError) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for header in headers {
            let name = header.name
            guard let type = TensorType(rawValue: header.type) else {
                throw ModelFileError(
                    .unsupported,
                    "stores tensor \(name) as type \(header.type); F32, F16, Q4_0, Q4_1 and Q8_0 are computed",
                    path: file.path
                )
            }
            guard let bytes = size(of: header.shape, type), header.offset % alignment == 0 else {
                throw ModelFileError(
                    .malformed,
                    "gives tensor \(name) the shape \(header.shape) at \(header.offset)",
                    path: file.path
                )
            }
            let (start, startOverflow) = dataStart.addingReportingOverflow(header.offset)
            let (end, endOverflow) = start.addingReportingOverflow(bytes)
            guard !startOverflow, !endOverflow, end <= file.bytes.count else {
                throw ModelFileError(
                    .truncated,
                    "ends at byte \(file.bytes.count), before the end of tensor \(name)",
                    path: file.path
                )
            }
            let tensor = Tensor(name: name, shape: header.shape, type: type, range: start..<end)
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw ModelFileError(.malformed, "has the tensor \(name) twice", path: file.path)
            }
        }
        return tensors
    }

    /// Bytes of a tensor; nil if the shape is empty, overflows, or does not fill whole blocks.
    private static func size(of shape: [Int], _ type: TensorType) -> Int? {
        guard let columns = shape.first, columns > 0, columns % type.blockLength == 0 else { return nil }
        var bytes = columns / type.blockLength
        for factor in shape.dropFirst() + [type.blockBytes] {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: factor)
            guard factor > 0, !overflow else { return nil }
            bytes = product
        }
        return bytes
    }
}

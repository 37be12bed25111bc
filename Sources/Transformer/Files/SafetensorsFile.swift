internal import Foundation

/// A safetensors file: named tensors of numbers behind a JSON header.
///
/// Layout: the header's length (64 bits, little-endian), the header, the data. Every offset is checked when the file is
/// opened. F32 and F16 tensors are read; both come out as float32.
package final class SafetensorsFile: Sendable {
    /// The header is read whole, so its size is bounded; the files read here have headers of some 20 kB.
    static let headerLimit = 16 << 20

    private struct Tensor: Sendable {
        var shape: [Int]
        var isHalf: Bool
        var range: Range<Int>
    }

    package let path: String
    private let file: MappedFile
    /// The part of the file that is in this format.
    private let part: Range<Int>
    private let tensors: [String: Tensor]

    package convenience init(path: String) throws(ModelFileError) {
        try self.init(try MappedFile(path: path))
    }

    package convenience init(_ file: MappedFile) throws(ModelFileError) {
        try self.init(file, file.bytes.indices, path: file.path)
    }

    /// - Parameters:
    ///   - part: the part of the file that is in this format.
    ///   - path: how errors name it.
    init(_ file: MappedFile, _ part: Range<Int>, path: String) throws(ModelFileError) {
        let content = UnsafeRawBufferPointer(rebasing: file.bytes[part])
        var reader = ByteReader(content, path: path)
        let length = try reader.count("the header's length")
        guard length <= Self.headerLimit else {
            throw ModelFileError(.wrongFormat, "announces a header of \(length) bytes; is it safetensors?", path: path)
        }
        let bytes = try reader.bytes(length, "the header")
        let object: [String: Any]
        do {
            guard let decoded = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else {
                throw ModelFileError(.malformed, "has a header that is no JSON object", path: path)
            }
            object = decoded
        } catch let error as ModelFileError {
            throw error
        } catch {
            throw ModelFileError(.malformed, "has a header that is no JSON", path: path)
        }
        var tensors: [String: Tensor] = [:]
        for (name, value) in object where name != "__metadata__" {
            tensors[name] = try Self.tensor(name, value, dataStart: reader.offset, size: content.count, path: path)
        }
        self.path = path
        self.file = file
        self.part = part
        self.tensors = tensors
    }

    private static func tensor(
        _ name: String,
        _ value: Any,
        dataStart: Int,
        size: Int,
        path: String
    ) throws(ModelFileError) -> Tensor {
        guard let entry = value as? [String: Any], let type = entry["dtype"] as? String,
            let shape = entry["shape"] as? [Int], let offsets = entry["data_offsets"] as? [Int], offsets.count == 2
        else {
            throw ModelFileError(.malformed, "describes tensor \(name) without type, shape and offsets", path: path)
        }
        guard type == "F32" || type == "F16" else {
            throw ModelFileError(.unsupported, "stores \(name) as \(type); F32 and F16 are read", path: path)
        }
        var bytes = type == "F32" ? 4 : 2
        for extent in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else {
                throw ModelFileError(.malformed, "gives tensor \(name) the shape \(shape)", path: path)
            }
            bytes = product
        }
        guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] - offsets[0] == bytes else {
            throw ModelFileError(.malformed, "gives \(name) of \(bytes) bytes the offsets \(offsets)", path: path)
        }
        guard offsets[1] <= size - dataStart else {
            throw ModelFileError(.truncated, "ends before the end of tensor \(name)", path: path)
        }
        return Tensor(
            shape: shape,
            isHalf: type == "F16",
            range: dataStart + offsets[0]..<dataStart + offsets[1]
        )
    }

    /// The tensors' names, sorted.
    package var names: [String] { tensors.keys.sorted() }

    /// The shape of a tensor, outermost first; nil if there is none of the name.
    package func shape(_ name: String) -> [Int]? { tensors[name]?.shape }

    /// The numbers of a tensor, row-major.
    ///
    /// - Parameter shape: what the tensor must have, outermost first.
    /// - Throws: `ModelFileError`, also if a number is not finite.
    package func floats(_ name: String, shape: [Int]) throws(ModelFileError) -> [Float] {
        guard let tensor = tensors[name] else { throw ModelFileError(.missing, "has no tensor \(name)", path: path) }
        guard tensor.shape == shape else {
            throw ModelFileError(.malformed, "gives \(name) the shape \(tensor.shape), not \(shape)", path: path)
        }
        let size = tensor.isHalf ? 2 : 4
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[part])
        let values = stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: size).map { offset in
            tensor.isHalf
                ? HalfPrecision.float(
                    UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
                )
                : Float(
                    bitPattern: UInt32(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
                    )
                )
        }
        guard values.allSatisfy(\.isFinite) else {
            throw ModelFileError(.malformed, "has a number in \(name) that is not finite", path: path)
        }
        return values
    }
}

/// Typed access to metadata: each accessor says what it wanted when the file does not have it.
extension GGUFFile {
    package func integer(_ key: String) throws(ModelFileError) -> Int {
        switch metadata[key] {
        case .unsigned(let value): if let value = Int(exactly: value) { return value }
        case .signed(let value): if let value = Int(exactly: value) { return value }
        case nil: throw missing(key)
        default: break
        }
        throw ModelFileError(.malformed, "has no integer under \(key)", path: path)
    }

    package func float(_ key: String) throws(ModelFileError) -> Double {
        switch metadata[key] {
        case .float(let value): value
        case nil: throw missing(key)
        default: throw ModelFileError(.malformed, "has no number under \(key)", path: path)
        }
    }

    package func string(_ key: String) throws(ModelFileError) -> String {
        switch metadata[key] {
        case .string(let value): value
        case nil: throw missing(key)
        default: throw ModelFileError(.malformed, "has no string under \(key)", path: path)
        }
    }

    /// The strings of an array, in order.
    package func strings(_ key: String) throws(ModelFileError) -> [String] {
        let array = try array(key)
        guard array.elementType == .string else {
            throw ModelFileError(.malformed, "has no array of strings under \(key)", path: path)
        }
        var reader = ByteReader(file.bytes, at: array.range.lowerBound, path: path)
        var strings: [String] = []
        strings.reserveCapacity(array.count)
        for _ in 0..<array.count { strings.append(try reader.string(limit: Limits.stringBytes, "a string")) }
        return strings
    }

    /// The 32-bit integers of an array, in order.
    package func integers(_ key: String) throws(ModelFileError) -> [Int32] {
        let array = try array(key)
        guard array.elementType == .int32 || array.elementType == .uint32 else {
            throw ModelFileError(.malformed, "has no array of 32-bit integers under \(key)", path: path)
        }
        var reader = ByteReader(file.bytes, at: array.range.lowerBound, path: path)
        var integers: [Int32] = []
        integers.reserveCapacity(array.count)
        for _ in 0..<array.count { integers.append(try reader.integer(Int32.self, "an integer")) }
        return integers
    }

    private func array(_ key: String) throws(ModelFileError) -> GGUFArray {
        switch metadata[key] {
        case .array(let array): array
        case nil: throw missing(key)
        default: throw ModelFileError(.malformed, "has no array under \(key)", path: path)
        }
    }

    private func missing(_ key: String) -> ModelFileError {
        ModelFileError(.missing, "has no metadata \(key)", path: path)
    }
}

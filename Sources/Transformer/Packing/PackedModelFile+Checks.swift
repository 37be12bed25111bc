extension PackedModelFile {
    /// - Returns: the JSON header's length.
    static func checkPreamble(_ file: MappedFile) throws(ModelFileError) -> Int {
        var reader = ByteReader(file.bytes, path: file.path)
        let magic = try reader.bytes(PackedPreamble.magic.count, "the magic bytes")
        guard magic.elementsEqual(PackedPreamble.magic) else {
            throw ModelFileError(.wrongFormat, "is not a packed model file", path: file.path)
        }
        let version = try reader.integer(UInt32.self, "the version")
        guard version == PackedPreamble.version else {
            throw ModelFileError(
                .unsupportedVersion,
                "has version \(version); \(PackedPreamble.version) is read",
                path: file.path
            )
        }
        guard try reader.integer(UInt32.self, "the flags") == 0 else {
            throw ModelFileError(.unsupportedVersion, "has flags that are not known", path: file.path)
        }
        try reader.skip(PackedPreamble.digestRange.count, "the digest")
        let headerLength = try reader.count("the header's length")
        let length = try reader.count("the file's length")
        guard length <= file.bytes.count else {
            throw ModelFileError(
                .truncated,
                "announces \(length) bytes and has \(file.bytes.count)",
                path: file.path
            )
        }
        guard length == file.bytes.count else {
            throw ModelFileError(
                .malformed,
                "announces \(length) bytes and has \(file.bytes.count)",
                path: file.path
            )
        }
        guard headerLength <= PackedPreamble.headerLimit, headerLength <= reader.remaining else {
            throw ModelFileError(.malformed, "announces a header of \(headerLength) bytes", path: file.path)
        }
        return headerLength
    }

    static func checkDigest(
        _ file: MappedFile,
        _ digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(ModelFileError) -> String {
        let found = try Self.digest(of: file.bytes, path: file.path, digest)
        // A gateway that asks the model little, or for scores alone, needs the smaller part of the file.
        file.release()
        let stated = file.bytes[PackedPreamble.digestRange].map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
        guard found == stated else {
            throw ModelFileError(
                .damaged,
                "has the SHA-256 \(found) where \(stated) was written",
                path: file.path
            )
        }
        return found
    }

    /// The digest of what follows a file's digest.
    static func digest(
        of bytes: UnsafeRawBufferPointer,
        path: String,
        _ digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(ModelFileError) -> String {
        do {
            return try digest(UnsafeRawBufferPointer(rebasing: bytes[PackedPreamble.digestRange.upperBound...]))
        } catch {
            throw ModelFileError(.unreadable, "cannot be hashed: \(error)", path: path)
        }
    }

    /// Every place lies behind the header and in the file, is aligned, and overlaps no other.
    static func checkPlaces(
        _ places: [PackedHeader.Place],
        behind headerEnd: Int,
        _ file: MappedFile
    ) throws(ModelFileError) {
        for place in places {
            guard place.length >= 0, place.offset >= headerEnd, place.offset % WeightSections.alignment == 0 else {
                throw ModelFileError(
                    .malformed,
                    "puts \(place.name) of \(place.length) bytes at \(place.offset)",
                    path: file.path
                )
            }
            let (end, overflow) = place.offset.addingReportingOverflow(place.length)
            guard !overflow, end <= file.bytes.count else {
                throw ModelFileError(.truncated, "ends before the end of \(place.name)", path: file.path)
            }
        }
        let sorted = places.sorted { ($0.offset, $0.length) < ($1.offset, $1.length) }
        for (place, next) in zip(sorted, sorted.dropFirst()) where place.offset + place.length > next.offset {
            throw ModelFileError(.malformed, "lets \(place.name) and \(next.name) overlap", path: file.path)
        }
    }

    static func table(
        _ places: [PackedHeader.Place],
        path: String
    ) throws(ModelFileError) -> [String: Range<Int>] {
        var table: [String: Range<Int>] = Dictionary(minimumCapacity: places.count)
        for place in places {
            guard table.updateValue(place.offset..<place.offset + place.length, forKey: place.name) == nil else {
                throw ModelFileError(.malformed, "has the section \(place.name) twice", path: path)
            }
        }
        return table
    }
}

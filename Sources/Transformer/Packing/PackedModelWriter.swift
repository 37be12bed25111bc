/// Writes a packed model file: weights, tokenizer tables, and whatever the model's user attaches.
package struct PackedModelWriter {
    /// Bytes under a name.
    package struct Part: Sendable {
        package var name: String
        package var bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    private let packer: ModelPacker
    private let inputs: [PackedInput]
    private let tables: [Part]
    private let attachments: [Part]

    /// - Parameters:
    ///   - tokenizer: the vocabulary's numbers.
    ///   - inputs: what the model is made from, for the record.
    ///   - attachments: opaque here, in this order; names may not repeat.
    package init(
        _ packer: ModelPacker,
        tokenizer: PackedTokenizer,
        inputs: [PackedInput],
        attachments: [Part] = []
    ) {
        self.packer = packer
        self.inputs = inputs
        self.tables = tokenizer.parts
        self.attachments = attachments
    }

    /// Writes the file; it appears under its name when it is complete.
    ///
    /// - Parameter digest: the SHA-256 of bytes, 64 hexadecimal digits.
    /// - Throws: `ModelFileError`.
    package func write(
        to path: String,
        digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(ModelFileError) {
        let (header, offsets, end) = try layout(path)
        let file = try PartialFile(path: path)
        try file.append(PackedPreamble.bytes(headerLength: header.count, fileLength: end))
        try file.append(header)
        var next = offsets[...]
        try packer.forEachSection { bytes throws(ModelFileError) in
            if let offset = next.popFirst() { try file.pad(to: offset) }
            try file.append(bytes)
        }
        for part in tables + attachments {
            if let offset = next.popFirst() { try file.pad(to: offset) }
            try file.append(part.bytes)
        }
        try file.pad(to: end)
        let hash = try Self.hash(of: file.temporaryPath, path: path, digest)
        try file.replace(hash, at: PackedPreamble.digestRange.lowerBound)
        try file.commit()
    }

    /// The header and the offsets of all parts, in file order.
    private func layout(_ path: String) throws(ModelFileError) -> (header: [UInt8], offsets: [Int], end: Int) {
        let sections = packer.sections + tables.map { WeightSections.Section(name: $0.name, length: $0.bytes.count) }
        let lengths = sections.map(\.length) + attachments.map(\.bytes.count)
        func header(from start: Int) throws(ModelFileError) -> (header: [UInt8], offsets: [Int], end: Int) {
            var offsets: [Int] = []
            var end = start
            for length in lengths {
                offsets.append(end)
                end = WeightSections.aligned(end + length)
            }
            let places = zip(sections.map(\.name) + attachments.map(\.name), zip(offsets, lengths)).map {
                PackedHeader.Place(name: $0, offset: $1.0, length: $1.1)
            }
            let header = PackedHeader(
                configuration: packer.configuration,
                exitDepth: packer.exitDepth,
                inputs: inputs,
                sections: Array(places.prefix(sections.count)),
                attachments: Array(places.dropFirst(sections.count))
            )
            do {
                return (try header.encoded(), offsets, end)
            } catch {
                throw ModelFileError(.malformed, "has a header that cannot be written: \(error)", path: path)
            }
        }
        // Offsets grow with the header and the header with its offsets' digits.
        var start = 0
        while true {
            let laidOut = try header(from: start)
            let needed = WeightSections.aligned(
                PackedPreamble.length + laidOut.header.count,
                to: PackedPreamble.firstSectionAlignment
            )
            if needed <= start { return laidOut }
            start = needed
        }
    }

    private static func hash(
        of temporaryPath: String,
        path: String,
        _ digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(ModelFileError) -> [UInt8] {
        let written = try MappedFile(path: temporaryPath)
        let text = try PackedModelFile.digest(of: written.bytes, path: path, digest)
        let hash = stride(from: 0, to: text.count, by: 2).compactMap { index in
            UInt8(text.dropFirst(index).prefix(2), radix: 16)
        }
        guard hash.count == PackedPreamble.digestRange.count else {
            throw ModelFileError(.malformed, "was given the digest \(text), which is no SHA-256", path: path)
        }
        return hash
    }
}

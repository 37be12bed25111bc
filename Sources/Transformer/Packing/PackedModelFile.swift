/// A packed model file, mapped: one file with all that the engine needs, written by `PackedModelWriter`.
///
/// Nothing in the file is trusted. Its digest is checked first, which finds every accident; then lengths, places and
/// numbers, so that a file made with ill will and a right digest gives wrong scores at worst.
package final class PackedModelFile: Sendable {
    package let path: String
    /// SHA-256 of everything behind it, 64 lower-case hexadecimal digits: the model's identity.
    package let digest: String
    /// What the file was made from.
    package let inputs: [PackedInput]
    package let model: PackedModel
    /// The attachments' names, in file order.
    package let attachmentNames: [String]
    /// The file's length in bytes.
    package var byteCount: Int { file.bytes.count }

    private let file: MappedFile
    /// Sections and attachments have names apart.
    private let sections: [String: Range<Int>]
    private let attachments: [String: Range<Int>]

    /// - Parameters:
    ///   - path: the file; its pages are shared with whoever else maps it.
    ///   - digest: the SHA-256 of bytes, 64 lower-case hexadecimal digits.
    /// - Throws: `ModelFileError`.
    package convenience init(
        path: String,
        digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(ModelFileError) {
        try self.init(try MappedFile(path: path), digest: digest)
    }

    package init(
        _ file: MappedFile,
        digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(ModelFileError) {
        let path = file.path
        let headerLength = try Self.checkPreamble(file)
        self.digest = try Self.checkDigest(file, digest)
        let headerBytes = PackedPreamble.length..<PackedPreamble.length + headerLength
        let header = try PackedHeader(UnsafeRawBufferPointer(rebasing: file.bytes[headerBytes]), path: path)
        guard header.format == PackedHeader.currentFormat else {
            throw ModelFileError(.unsupportedVersion, "has a header of format \(header.format)", path: path)
        }
        try Self.checkPlaces(header.sections + header.attachments, behind: headerBytes.upperBound, file)
        sections = try Self.table(header.sections, path: path)
        attachments = try Self.table(header.attachments, path: path)
        model = try Self.model(header, sections, file)
        inputs = header.inputs
        attachmentNames = header.attachments.map(\.name)
        self.path = path
        self.file = file
    }

    /// A copy of an attachment; nil if there is none of the name.
    package func attachment(_ name: String) -> [UInt8]? {
        attachments[name].map { Array(file.bytes[$0]) }
    }

    /// An attachment that is in the safetensors format, read in place; nil if there is none of the name.
    ///
    /// - Throws: `ModelFileError` if it is no safetensors file.
    package func safetensors(_ name: String) throws(ModelFileError) -> SafetensorsFile? {
        guard let range = attachments[name] else { return nil }
        return try SafetensorsFile(file, range, path: "\(path)#\(name)")
    }

    /// The tokenizer's tables.
    ///
    /// - Throws: `ModelFileError` if they do not have a token for each of the model's.
    package func tokenizer() throws(ModelFileError) -> PackedTokenizer {
        let tables = try PackedTokenizer(path: path) { name throws(ModelFileError) in
            UnsafeRawBufferPointer(rebasing: file.bytes[try Self.range(of: name, sections, path: path)])
        }
        guard tables.ends.count == model.configuration.vocabulary else {
            throw ModelFileError(
                .malformed,
                "has \(tables.ends.count) tokens for a vocabulary of \(model.configuration.vocabulary)",
                path: path
            )
        }
        return tables
    }

    private static func range(
        of section: String,
        _ sections: [String: Range<Int>],
        path: String
    ) throws(ModelFileError) -> Range<Int> {
        guard let range = sections[section] else {
            throw ModelFileError(.missing, "has no section \(section)", path: path)
        }
        return range
    }

    // MARK: Model

    private static func model(
        _ header: PackedHeader,
        _ sections: [String: Range<Int>],
        _ file: MappedFile
    ) throws(ModelFileError) -> PackedModel {
        let path = file.path
        let sizes = header.configuration
        try sizes.check(path: path)
        try sizes.checkPackable(path: path)
        guard (1...sizes.layers).contains(header.exitDepth) else {
            throw ModelFileError(
                .malformed,
                "has \(sizes.layers) layers and a read-out after \(header.exitDepth)",
                path: path
            )
        }
        guard let base = file.bytes.baseAddress else { throw ModelFileError(.truncated, "is empty", path: path) }
        let isTied = sections["output.weights"] == nil
        let expected = WeightSections(sizes, isTied: isTied).sections
        for section in expected {
            let range = try Self.range(of: section.name, sections, path: path)
            guard range.count == section.length else {
                throw ModelFileError(
                    .malformed,
                    "gives \(section.name) \(range.count) bytes, not \(section.length)",
                    path: path
                )
            }
        }
        guard sections.count == expected.count + PackedTokenizer.Section.allCases.count else {
            throw ModelFileError(.malformed, "has sections that no model of its sizes has", path: path)
        }
        let model = try PackedModel(sizes, exitDepth: header.exitDepth, isTied: isTied, owner: file) {
            name throws(ModelFileError) in
            base + (try Self.range(of: name, sections, path: path)).lowerBound
        }
        try model.checkNumbers(path: path)
        return model
    }
}

internal import Foundation

/// A file that went into a packed model.
package struct PackedInput: Codable, Sendable, Equatable {
    /// What it was: `trunk`, or a name in the model's folder.
    package var name: String
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    package var sha256: String

    package init(name: String, sha256: String) {
        self.name = name
        self.sha256 = sha256
    }
}

/// The JSON part of a packed model file: the sizes, where the sections are, and what the file was made from.
struct PackedHeader: Codable, Equatable {
    /// A run of the file's bytes.
    struct Place: Codable, Equatable {
        var name: String
        var offset: Int
        var length: Int
    }

    var format = Self.currentFormat
    var configuration: LlamaConfiguration
    var exitDepth: Int
    var inputs: [PackedInput]
    var sections: [Place]
    var attachments: [Place]

    static let currentFormat = 1

    /// The same bytes for the same header.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    init(
        configuration: LlamaConfiguration,
        exitDepth: Int,
        inputs: [PackedInput],
        sections: [Place],
        attachments: [Place]
    ) {
        self.configuration = configuration
        self.exitDepth = exitDepth
        self.inputs = inputs
        self.sections = sections
        self.attachments = attachments
    }

    init(_ bytes: UnsafeRawBufferPointer, path: String) throws(ModelFileError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw ModelFileError(.malformed, "has a header that cannot be read: \(error)", path: path)
        }
    }
}

/// The fixed part at the start of a packed model file. Numbers are little-endian.
///
/// 0..<8 the magic bytes, 8..<12 the version, 12..<16 zero, 16..<48 SHA-256 of everything from byte 48, 48..<56 the JSON
/// header's length, 56..<64 the file's length, from 64 the JSON header. Sections begin at multiples of 64, the first at
/// a multiple of 4096.
enum PackedPreamble {
    static let magic = Array("GUARDSLM".utf8)
    static let version: UInt32 = 1
    static let digestRange = 16..<48
    static let length = 64
    static let firstSectionAlignment = 4096
    /// The header is read whole, so its size is bounded; that of SmolLM2-135M has 30 kB.
    static let headerLimit = 4 << 20

    static func bytes(headerLength: Int, fileLength: Int) -> [UInt8] {
        var bytes = magic
        append(version, to: &bytes)
        append(UInt32(0), to: &bytes)
        bytes += [UInt8](repeating: 0, count: digestRange.count)
        append(UInt64(headerLength), to: &bytes)
        append(UInt64(fileLength), to: &bytes)
        return bytes
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
    }
}

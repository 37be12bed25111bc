import Foundation

@testable import Transformer

/// Packed files of the tiny model for tests, right or wrong.
struct PackedFileBuilder {
    /// The whole file.
    private(set) var bytes: [UInt8]

    static let tokenizer = PackedTokenizer(
        bytes: (0..<50).map { UInt8($0) },
        ends: (1...50).map { Int32($0) },
        controlTokens: [],
        merges: []
    )

    /// A file without fault, with an adapterless model of early exit 2 and two attachments.
    init(type: TensorType = .q41, calibration: [[Int32]] = [[1, 5, 9, 3]]) throws {
        let packer = try ModelPacker(
            try TinyModel(type).model(threads: 1),
            exitDepth: 2,
            calibration: calibration
        )
        let writer = PackedModelWriter(
            packer,
            tokenizer: Self.tokenizer,
            inputs: [PackedInput(name: "trunk", sha256: String(repeating: "ab", count: 32))],
            attachments: [
                PackedModelWriter.Part(name: "notes.json", bytes: Array("{}".utf8)),
                PackedModelWriter.Part(name: "nothing", bytes: []),
            ]
        )
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writer.write(to: path, digest: Self.digest)
        bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// 64 hexadecimal digits that differ wherever a byte does. Real hashing is not this room's.
    static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
        var lanes: [UInt64] = [0xcbf2_9ce4_8422_2325, 1, 2, 3]
        bytes.withMemoryRebound(to: UInt8.self) { bytes in
            var hash = lanes[0]
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            lanes[0] = hash
        }
        return lanes.map { lane in
            let digits = String(lane, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    // MARK: Changes

    mutating func set<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    mutating func truncate(to count: Int) { bytes.removeLast(bytes.count - count) }

    mutating func append(_ more: [UInt8]) { bytes += more }

    var headerLength: Int { bytes[48..<56].reversed().reduce(0) { $0 << 8 | Int($1) } }

    /// The header as an object.
    func header() throws -> [String: Any] {
        let data = Data(bytes[64..<64 + headerLength])
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    func sections() throws -> [[String: Any]] { try header()["sections"] as? [[String: Any]] ?? [] }

    func offset(of section: String) throws -> Int {
        try sections().first { $0["name"] as? String == section }?["offset"] as? Int ?? 0
    }

    /// Replaces the header in place; what it describes stays where it was.
    mutating func setHeader(_ header: [String: Any]) throws {
        setHeader(bytes: Array(try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)))
    }

    mutating func setHeader(bytes header: [UInt8]) {
        // There is room up to the first section; what is left over is space, which JSON does not mind.
        let room = (64 + headerLength + 4095) / 4096 * 4096 - 64
        let padded = header + [UInt8](repeating: 0x20, count: max(0, room - header.count))
        bytes.replaceSubrange(64..<64 + padded.count, with: padded)
        set(UInt64(padded.count), at: 48)
    }

    mutating func changeHeader(_ change: (inout [String: Any]) -> Void) throws {
        var header = try header()
        change(&header)
        try setHeader(header)
    }

    /// Changes one section's place.
    mutating func changeSection(_ name: String, _ change: (inout [String: Any]) -> Void) throws {
        var sections = try sections()
        guard let index = sections.firstIndex(where: { $0["name"] as? String == name }) else { return }
        change(&sections[index])
        try changeHeader { $0["sections"] = sections }
    }

    /// Writes the length and the digest that the bytes have now.
    mutating func seal() {
        set(UInt64(bytes.count), at: 56)
        let text = bytes.withUnsafeBytes { Self.digest(UnsafeRawBufferPointer(rebasing: $0[48...])) }
        for index in 0..<32 {
            bytes[16 + index] = UInt8(text.dropFirst(2 * index).prefix(2), radix: 16) ?? 0
        }
    }

    // MARK: Reading

    func open() throws -> PackedModelFile {
        try TemporaryFile(Data(bytes)).withPath { try PackedModelFile(path: $0, digest: Self.digest) }
    }

    /// The code of the error that reading gives, the tokenizer's tables included; nil if there is none.
    func errorCode() throws -> ModelFileError.Code? {
        do {
            _ = try open().tokenizer()
            return nil
        } catch let error as ModelFileError {
            return error.code
        }
    }
}

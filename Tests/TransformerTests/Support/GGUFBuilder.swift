import Foundation
import Transformer

/// Writes GGUF files for tests, right or wrong.
struct GGUFBuilder {
    var magic: UInt32 = 0x4655_4747
    var version: UInt32 = 3
    var tensorCount: UInt64?
    var entryCount: UInt64?
    private(set) var metadata: [Data] = []
    private(set) var tensors: [(name: String, shape: [UInt64], type: UInt32, data: Data)] = []
    /// Replaces the offset of a tensor.
    var offsets: [String: UInt64] = [:]

    mutating func set(_ key: String, _ value: String) { entry(key, 8, Self.string(value)) }
    mutating func set(_ key: String, _ value: UInt32) { entry(key, 4, Self.bytes(value)) }
    mutating func set(_ key: String, _ value: Float) { entry(key, 6, Self.bytes(value.bitPattern)) }
    mutating func set(_ key: String, strings: [String], count: UInt64? = nil) {
        let head = Self.bytes(UInt32(8)) + Self.bytes(count ?? UInt64(strings.count))
        entry(key, 9, head + strings.map(Self.string).reduce(Data(), +))
    }
    mutating func entry(_ key: String, _ type: UInt32, _ value: Data) {
        metadata.append(Self.string(key) + Self.bytes(type) + value)
    }

    mutating func append(_ entry: Data) { metadata.append(entry) }

    mutating func tensor(_ name: String, _ shape: [UInt64], type: UInt32, _ data: Data) {
        tensors.append((name, shape, type, data))
    }

    var data: Data {
        var file = Self.bytes(magic) + Self.bytes(version)
        file += Self.bytes(tensorCount ?? UInt64(tensors.count)) + Self.bytes(entryCount ?? UInt64(metadata.count))
        for entry in metadata { file += entry }
        var body = Data()
        for tensor in tensors {
            file += Self.string(tensor.name) + Self.bytes(UInt32(tensor.shape.count))
            for extent in tensor.shape { file += Self.bytes(extent) }
            file += Self.bytes(tensor.type) + Self.bytes(offsets[tensor.name] ?? UInt64(body.count))
            body += tensor.data
            body += Data(count: (32 - body.count % 32) % 32)
        }
        file += Data(count: (32 - file.count % 32) % 32)
        return file + body
    }

    static func string(_ text: String) -> Data { bytes(UInt64(text.utf8.count)) + Data(text.utf8) }
    static func bytes<T: FixedWidthInteger>(_ value: T) -> Data {
        withUnsafeBytes(of: value.littleEndian) { Data($0) }
    }
}

/// A file with a name of its own, removed when the object goes.
final class TemporaryFile: Sendable {
    private let path: String

    init(_ data: Data) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("guardian-\(UUID().uuidString)").path
        try data.write(to: URL(fileURLWithPath: path))
    }

    /// Calls `body` with the path while the file is sure to be there.
    func withPath<R>(_ body: (String) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(path) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

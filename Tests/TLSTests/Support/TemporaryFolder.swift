import Foundation

/// A folder of its own for one test, removed with the object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        self.path = NSTemporaryDirectory() + "guardian-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    func path(_ name: String) -> String {
        self.path + "/" + name
    }

    /// Writes a file and returns its path.
    func write(_ name: String, _ contents: some Sequence<UInt8>) throws -> String {
        try Data(contents).write(to: URL(fileURLWithPath: self.path(name)))
        return self.path(name)
    }

    func write(_ name: String, _ text: String) throws -> String {
        try self.write(name, text.utf8)
    }
}

import ArgumentParser
import Foundation

/// Files that hold a text a line.
enum TextCorpus {
    /// The texts of a file: one a line, or the `text` of each of its JSON lines if the file's name ends in `.jsonl`. Empty
    /// lines are passed over.
    ///
    /// - Parameter limit: how many are read; nil is all.
    /// - Throws: an exit status, the reason told on standard error.
    static func texts(of path: String, limit: Int? = nil) throws -> [(line: Int, text: String)] {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): error: the file cannot be read")
            throw ExitStatus.noInput
        }
        var texts: [(line: Int, text: String)] = []
        // A JSON text may hold other line separators in its strings.
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, bytes) in lines.enumerated() {
            let line = String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
            guard !line.allSatisfy(\.isWhitespace) else { continue }
            if texts.count == limit { break }
            guard path.hasSuffix(".jsonl") else {
                texts.append((index + 1, line))
                continue
            }
            guard let row = try? JSONDecoder().decode(Row.self, from: Data(line.utf8)) else {
                complain("\(path):\(index + 1): error: not a JSON object with a 'text'")
                throw ExitStatus.data
            }
            texts.append((index + 1, row.text))
        }
        guard !texts.isEmpty else {
            complain("\(path): error: the file holds no text")
            throw ExitStatus.data
        }
        return texts
    }

    private struct Row: Decodable {
        var text: String
    }
}

/// Runs `body` for each item, some of them at once, and gives the results in the order of the items.
func inParallel<Item: Sendable, Result: Sendable>(
    _ items: [Item],
    width: Int,
    telling what: String,
    _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
        var progress = ProgressBar(what, of: items.count)
        defer { progress.end() }
        var results: [Result?] = Array(repeating: nil, count: items.count)
        var next = 0
        while next < min(width, items.count) {
            let index = next
            group.addTask { (index, try await body(items[index])) }
            next += 1
        }
        while let (index, result) = try await group.next() {
            results[index] = result
            progress.advance()
            guard next < items.count else { continue }
            let index = next
            group.addTask { (index, try await body(items[index])) }
            next += 1
        }
        return results.compactMap { $0 }
    }
}

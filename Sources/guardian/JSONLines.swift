import Foundation

/// Objects that a command reads, one a line.
struct JSONLines {
    private let name: String
    private let lines: [Data]

    /// - Parameter path: a file; standard input if it is nil.
    /// - Throws: `ExitStatus.noInput`, and says so, if the file cannot be read.
    init(_ path: String?) throws {
        let data: Data
        if let path {
            guard let contents = FileManager.default.contents(atPath: path) else {
                complain("\(path): error: the file cannot be read")
                throw ExitStatus.noInput
            }
            data = contents
        } else {
            data = try standardInput()
        }
        name = path ?? "standard input"
        // Bytes, and not characters: a carriage return and a line feed are one character.
        lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }

    /// Calls `body` with each object, and prints what it returns as a line of its own as soon as it is there. Blank lines are
    /// skipped.
    ///
    /// - Parameter expected: what a line has to be, in words, for the error where it is not; `body` says so with nil.
    /// - Throws: `ExitStatus.data` at the first such line, `ExitStatus.output`, and what `body` throws.
    func answer(
        expecting expected: String,
        with body: ([String: Any]) async throws -> [String: Any]?
    ) async throws {
        for (number, line) in lines.enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            if text.allSatisfy(\.isWhitespace) { continue }
            guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                let answer = try await body(object)
            else {
                complain("\(name):\(number + 1): error: not \(expected)")
                throw ExitStatus.data
            }
            let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
            let bytes = try JSONSerialization.data(withJSONObject: answer, options: options)
            try output(String(decoding: bytes, as: UTF8.self))
        }
    }
}

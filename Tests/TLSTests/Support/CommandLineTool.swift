import Foundation

/// Runs a program of the system and collects what it prints.
enum CommandLineTool {
    /// The path of OpenSSL's own program; nil if it is not installed.
    static var openssl: String? {
        ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a program to its end, which comes after 30 seconds if not by itself.
    ///
    /// - Parameter endsInput: whether the program sees the end of its input after `input`.
    /// - Returns: both outputs of the program, mixed.
    static func run(_ path: String, _ arguments: [String], input: String, endsInput: Bool) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            // A thread of its own, as it blocks.
            Thread.detachNewThread {
                do {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: path)
                    process.arguments = arguments
                    let output = Pipe()
                    let feed = Pipe()
                    process.standardOutput = output
                    process.standardError = output
                    process.standardInput = feed
                    try process.run()
                    let number = process.processIdentifier
                    let watchdog = DispatchWorkItem { kill(number, SIGKILL) }
                    DispatchQueue(label: "watchdog").asyncAfter(deadline: .now() + 30, execute: watchdog)
                    feed.fileHandleForWriting.write(Data(input.utf8))
                    if endsInput { try feed.fileHandleForWriting.close() }
                    let text = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    watchdog.cancel()
                    continuation.resume(returning: String(decoding: text, as: UTF8.self))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

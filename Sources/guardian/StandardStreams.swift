import Foundation

/// Writes text to standard output, and a line feed behind it.
///
/// - Throws: `ExitStatus.output`, the reason told on standard error, if not all of it can be written: what a command found must not
///   be lost in silence. A reader that has ended, as `head` does, had what it wanted.
func output(_ text: String, terminator: String = "\n") throws {
    do throws(SystemError) {
        try writeAll(Array((text + terminator).utf8), to: STDOUT_FILENO)
    } catch {
        if error.code == EPIPE { return }
        complain("standard output: error: it cannot be written: \(error)")
        throw ExitStatus.output
    }
}

/// Writes a line to standard error. If it cannot be written there is nobody left to tell.
func complain(_ text: String, terminator: String = "\n") {
    try? writeAll(Array((text + terminator).utf8), to: STDERR_FILENO)
}

/// Reads standard input to its end.
///
/// - Throws: `ExitStatus.noInput`, the reason told on standard error.
func standardInput() throws -> Data {
    var contents = Data()
    let size = 1 << 16
    var block = [UInt8](repeating: 0, count: size)
    while true {
        let count = read(STDIN_FILENO, &block, size)
        if count == 0 { return contents }
        if count > 0 {
            contents.append(contentsOf: block.prefix(count))
        } else if errno != EINTR {
            complain("standard input: error: it cannot be read: \(SystemError(code: errno))")
            throw ExitStatus.noInput
        }
    }
}

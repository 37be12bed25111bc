import ArgumentParser
import Foundation
import GuardianModel
import Tokenizer
import Transformer

/// Token ids of many strings, for `Tests/Reference/check_tokens.py`.
struct TokenDump: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-tokens",
        abstract: "Reads one base64-encoded byte string a line, prints its token ids a line."
    )

    @OptionGroup var file: ModelOption

    func run() throws {
        let tokenizer = try Tokenizer(try GGUFFile(path: file.model))
        while let line = readLine() {
            guard let bytes = Data(base64Encoded: line) else { throw ValidationError("not base64: \(line.prefix(40))") }
            print(tokenizer.encode(bytes: bytes).map(String.init).joined(separator: " "))
        }
    }
}

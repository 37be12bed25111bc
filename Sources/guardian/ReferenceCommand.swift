import ArgumentParser
import Foundation
import Gateway

/// For those who work on the program: `make reference`.
struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Print the reference of configuration, metrics, audit fields and commands, or put it into files.",
        shouldDisplay: false
    )

    @Option(help: "A file to put it into, between lines <!-- reference: NAME --> and <!-- end -->.")
    var write: [String] = []

    @Option(help: "A file that should hold it as it is; it is not changed, and what is out of date is an error.")
    var check: [String] = []

    func run() throws {
        var parts = ["commands": try CommandReference.text()]
        for part in Reference.Part.allCases { parts[part.rawValue] = Reference.text(part) }
        if write.isEmpty, check.isEmpty {
            for (name, text) in parts.sorted(by: { $0.key < $1.key }) { try output("## \(name)\n\n\(text)") }
        }
        for path in write + check {
            guard let old = try? String(contentsOfFile: path, encoding: .utf8) else {
                complain("cannot read \(path)")
                throw ExitStatus.noInput
            }
            guard let new = Reference.filled(old, with: parts) else {
                complain("\(path): a part of the reference is not known, or not ended by <!-- end -->")
                throw ExitStatus.data
            }
            if new == old { continue }
            guard write.contains(path) else {
                complain("\(path) is out of date: run make reference")
                throw ExitStatus.data
            }
            try new.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }
}

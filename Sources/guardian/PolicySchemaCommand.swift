import ArgumentParser
import PolicyLanguage

struct PolicySchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of policy files, for editors."
    )

    func run() throws { try output(PolicySchema.text, terminator: "") }
}

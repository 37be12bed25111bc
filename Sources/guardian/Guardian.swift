import ArgumentParser

/// The command line of the gateway.
@main
struct Guardian: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian",
        abstract: "A TLS reverse proxy that guards an LLM API."
    )
}

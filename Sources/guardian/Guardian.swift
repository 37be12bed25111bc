import ArgumentParser

/// The command line of the gateway.
@main
struct Guardian: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian",
        abstract: "A TLS reverse proxy that guards an LLM API with rules and a small language model.",
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, DoctorCommand.self, UpstreamCommand.self, ClassifyCommand.self, RespondCommand.self,
            PolicyCommand.self, TopCommand.self,
            TuneCommand.self, EvalCommand.self, AuditCommand.self, ModelCommand.self, CertsCommand.self,
            ReferenceCommand.self,
        ]
    )
}

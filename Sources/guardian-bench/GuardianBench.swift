import ArgumentParser

/// Benchmarks of Guardian, one JSON line a figure, and the raw outputs that the reference checks compare.
@main
struct GuardianBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian-bench",
        abstract: "Measures Guardian's parts, one JSON line a figure.",
        subcommands: [
            LanguageModelBench.self, RulesBench.self, ProxyBench.self, SoakBench.self, GuardBench.self, Agreement.self,
            ColdStart.self, GatewayProcess.self, TokenDump.self, LogitDump.self, FeatureDump.self,
        ]
    )
}

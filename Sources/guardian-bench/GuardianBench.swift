import ArgumentParser

/// Benchmarks of Guardian, one JSON line a figure.
@main
struct GuardianBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guardian-bench",
        abstract: "Measures Guardian's parts, one JSON line a figure."
    )
}

import ArgumentParser
import Foundation
import Gateway
import GuardianModel

/// Where `make model` and the repository put the model's files, from the repository's folder.
enum ModelPaths {
    static let trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"
    static let guardian = "Models/guardian"
}

/// Which model a command runs.
struct ModelOptions: ParsableArguments {
    @Option(help: "The trunk, a GGUF file.")
    var trunk = ModelPaths.trunk

    @Option(help: "The folder with the heads, the adapter and the templates.")
    var guardian = ModelPaths.guardian

    @Option(help: "Compute threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    /// - Throws: `GatewayError`.
    func engine() throws -> GuardianEngine {
        let model = GatewayConfiguration.Model(trunk: trunk, guardian: guardian, threads: threads)
        return try Gateway.engine(model, capacity: 1)
    }
}

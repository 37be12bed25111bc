import ArgumentParser
import Foundation
import Gateway
import GuardianModel

/// Where `make model` and the repository put the model's files, from the repository's folder.
enum ModelPaths {
    /// The packed guardian model.
    static let guardian = "Models/.cache/guardian.slm"
    /// The packed trunk without the guardian's parts.
    static let plain = "Models/.cache/trunk.slm"
    /// The trunk as it is fetched.
    static let trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"
}

/// Which model a command runs.
struct ModelOptions: ParsableArguments {
    @Option(help: "The packed model file.")
    var model = ModelPaths.guardian

    @Option(help: "Compute threads.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    /// - Parameter capacity: texts under way.
    /// - Throws: `GatewayError`.
    func engine(capacity: Int = 1) throws -> GuardianEngine {
        try Gateway.engine(GatewayConfiguration.Model(file: model, threads: threads), capacity: capacity)
    }
}

import ArgumentParser
import Foundation
import Gateway
import GuardianModel
import Transformer

/// Where `make model` and the repository put the model's files, from the repository's folder.
enum ModelPaths {
    /// The packed guardian model.
    static let guardian = "Models/.cache/guardian.slm"
    /// The packed trunk without the guardian's parts.
    static let plain = "Models/.cache/trunk.slm"
    /// The trunk as it is fetched.
    static let trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"
}

/// How many threads compute where a command is not told.
enum ModelThreads {
    static var standard: Int { ComputePool.threads(forProcessors: ProcessInfo.processInfo.activeProcessorCount) }
}

/// Which model a command runs.
struct ModelOptions: ParsableArguments {
    @Option(help: "The packed model file.")
    var model = ModelPaths.guardian

    @Option(help: "Compute threads.")
    var threads = ModelThreads.standard

    /// - Parameter width: texts under way, none of which is refused for the length of the others.
    /// - Throws: `GatewayError`.
    func engine(width: Int = 1) throws -> GuardianEngine {
        let model = GatewayConfiguration.Model(file: model, threads: threads)
        return try Gateway.engine(model, capacity: width, longTexts: width)
    }
}

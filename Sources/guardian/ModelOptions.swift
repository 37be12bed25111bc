import ArgumentParser
import Foundation
import Gateway
import GuardianModel
import Transformer

/// Where `make model` and the repository put the model's files, from the repository's folder.
enum ModelPaths {
    /// The packed guardian model.
    static let guardian = "Models/.cache/guardian.slm"
    /// The same where a package or an image puts it.
    static let installed = "/usr/share/guardian/guardian.slm"
    /// The packed trunk without the guardian's parts.
    static let plain = "Models/.cache/trunk.slm"
    /// The trunk as it is fetched.
    static let trunk = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"
}

/// The packed guardian model that a command runs.
enum ModelFile: ExpressibleByArgument {
    static let help: ArgumentHelp =
        "The packed model file. Where none is named and this one is not there, \(ModelPaths.installed) is taken."

    /// The one that is at hand.
    case standard
    /// This one and no other.
    case named(String)

    init(argument: String) { self = .named(argument) }

    var defaultValueDescription: String { ModelPaths.guardian }

    var path: String {
        if case .named(let path) = self { return path }
        let places = [ModelPaths.guardian, ModelPaths.installed]
        // Where there is neither, the error names the one that make model makes.
        return places.first(where: FileManager.default.isReadableFile(atPath:)) ?? ModelPaths.guardian
    }
}

/// How many threads compute.
enum ModelThreads: ExpressibleByArgument {
    /// One for each processor. Counted when it is asked for, so that help and reference are the same on every machine.
    case standard
    case number(Int)

    init?(argument: String) {
        guard let number = Int(argument) else { return nil }
        self = .number(number)
    }

    var defaultValueDescription: String { "the processors" }

    var count: Int {
        switch self {
        case .standard: ComputePool.threads(forProcessors: Machine.usableProcessors)
        case .number(let number): number
        }
    }
}

/// Which model a command runs.
struct ModelOptions: ParsableArguments {
    @Option(help: ModelFile.help)
    var model = ModelFile.standard

    @Option(help: "Compute threads.")
    var threads = ModelThreads.standard

    /// - Parameter width: texts under way, none of which is refused for the length of the others.
    /// - Throws: `GatewayError`.
    func engine(width: Int = 1) throws -> GuardianEngine {
        let model = GatewayConfiguration.Model(file: model.path, threads: threads.count)
        return try Gateway.engine(model, capacity: width, longTexts: width)
    }
}

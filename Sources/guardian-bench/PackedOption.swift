import ArgumentParser
import TLS
import Transformer

/// Which packed model, and how it is computed.
struct PackedOption: ParsableArguments {
    @Option(help: "The guardian's packed model file.")
    var model = "Models/.cache/guardian.slm"

    @Option(help: "Compute threads.")
    var threads = 2

    /// The file, its digest checked.
    func open() throws -> PackedModelFile {
        try PackedModelFile(path: model, digest: { try Digest.sha256Hex(of: $0) })
    }
}

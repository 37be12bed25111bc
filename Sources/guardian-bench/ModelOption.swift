import ArgumentParser

/// Which model file, and how it is computed.
struct ModelOption: ParsableArguments {
    @Option(help: "The trunk, a GGUF file.")
    var model = "Models/.cache/SmolLM2-135M-Instruct.Q4_1.gguf"

    @Option(help: "Compute threads.")
    var threads = 2
}

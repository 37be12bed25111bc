package import Tokenizer
package import Transformer

extension Tokenizer {
    /// The tokenizer whose vocabulary and merges are in a GGUF file's metadata.
    ///
    /// - Throws: `ModelFileError` if the file has no byte-level BPE vocabulary with SmolLM's pre-tokeniser.
    package init(_ file: GGUFFile) throws(ModelFileError) {
        try self.init(TokenizerTables(file), path: file.path)
    }
}

extension TokenizerTables {
    /// The vocabulary and merges in a GGUF file's metadata.
    ///
    /// - Throws: `ModelFileError` if the file has no byte-level BPE vocabulary with SmolLM's pre-tokeniser.
    init(_ file: GGUFFile) throws(ModelFileError) {
        let model = try file.string("tokenizer.ggml.model")
        let preTokenizer = try file.string("tokenizer.ggml.pre")
        guard model == "gpt2", preTokenizer == "smollm" else {
            throw ModelFileError(
                .unsupported,
                "has the tokenizer \(model) with the pre-tokeniser \(preTokenizer); gpt2 with smollm is read",
                path: file.path
            )
        }
        let tokens = try file.strings("tokenizer.ggml.tokens")
        let types = try file.integers("tokenizer.ggml.token_type")
        // GGUF's token types: 1 is text, 3 a control token; the others do not occur in byte-level vocabularies.
        var control: Set<Int32> = []
        for (index, type) in types.prefix(tokens.count).enumerated() where type != 1 { control.insert(Int32(index)) }
        let merges = try file.strings("tokenizer.ggml.merges")
        do throws(TokenizerError) {
            try self.init(tokens: tokens, controlTokens: control, merges: merges)
        } catch {
            throw ModelFileError(.malformed, "has a vocabulary that cannot be used: \(error)", path: file.path)
        }
    }
}

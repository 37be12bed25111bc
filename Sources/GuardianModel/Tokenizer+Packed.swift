package import Tokenizer
package import Transformer

extension Tokenizer {
    /// The tokenizer in a packed model file.
    ///
    /// - Throws: `ModelFileError` if its tables contradict themselves or the model.
    package init(_ file: PackedModelFile) throws(ModelFileError) {
        let packed = try file.tokenizer()
        try self.init(
            TokenizerTables(
                bytes: packed.bytes,
                ends: packed.ends,
                controlTokens: packed.controlTokens,
                merges: packed.merges
            ),
            path: file.path
        )
    }

    /// - Parameter path: of the file that the tables are from, for errors.
    init(_ tables: TokenizerTables, path: String) throws(ModelFileError) {
        do throws(TokenizerError) {
            try self.init(tables)
        } catch {
            throw ModelFileError(.malformed, "has a vocabulary that cannot be used: \(error)", path: path)
        }
    }
}

extension PackedTokenizer {
    init(_ tables: TokenizerTables) {
        self.init(
            bytes: tables.bytes,
            ends: tables.ends,
            controlTokens: tables.controlTokens,
            merges: tables.merges
        )
    }
}

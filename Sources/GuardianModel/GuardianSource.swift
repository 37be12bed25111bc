package import Tokenizer
package import Transformer

/// The guardian model as its makers leave it: the trunk's GGUF file, and a folder with manifests, heads, adapter,
/// templates and checks. What is packed is read from here.
package final class GuardianSource: Sendable {
    package let trunk: LlamaModel
    package let tokenizer: Tokenizer
    package let adapter: LowRankAdapter
    let parts: GuardianParts
    let tables: TokenizerTables
    let files: GuardianFiles
    /// The trunk and the folder's files with their digests.
    let inputs: [PackedInput]

    /// - Parameters:
    ///   - trunkPath: the trunk's GGUF file.
    ///   - folder: with the manifests, weights, templates and checks.
    ///   - threads: compute threads.
    ///   - digest: the lower-case hexadecimal SHA-256 of the file at a path.
    /// - Throws: `GuardianModelError`.
    package init(
        trunk trunkPath: String,
        folder: String,
        threads: Int,
        digest: (String) throws -> String
    ) throws(GuardianModelError) {
        let files = GuardianFiles(folder: folder)
        let manifests = try GuardianParts.Manifests(files)
        let (detection, safeguard) = (manifests.detection, manifests.safeguard)
        var inputs: [PackedInput] = []
        func take(_ name: String, _ path: String, expecting expected: String...) throws(GuardianModelError) {
            let found = try GuardianFiles.hash(of: path, digest)
            for expected in expected where found != expected {
                throw .digestMismatch(path: path, expected: expected, found: found)
            }
            inputs.append(PackedInput(name: name, sha256: found))
        }
        try take(Self.trunkName, trunkPath, expecting: detection.trunkSHA256, safeguard.trunkSHA256)
        try take(detection.weights, files.path(detection.weights), expecting: detection.weightsSHA256)
        try take(safeguard.weights, files.path(safeguard.weights), expecting: safeguard.weightsSHA256)
        for name in GuardianFiles.all {
            try take(name, files.path(name))
        }
        do throws(ModelFileError) {
            trunk = try LlamaModel(contentsOf: trunkPath, threads: threads)
            tables = try TokenizerTables(trunk.file)
            tokenizer = try Tokenizer(tables, path: trunkPath)
            adapter = try LowRankAdapter(
                contentsOf: files.path(safeguard.weights),
                scale: Float(safeguard.scale),
                for: trunk.configuration
            )
        } catch {
            throw .modelFile(error)
        }
        // The manifests were held to each other by this layer.
        guard adapter.layers.allSatisfy({ $0 >= safeguard.firstLayer }) else {
            throw .invalidManifest(
                path: files.path(GuardianFiles.safeguard),
                reason: "the adapter changes layers below \(safeguard.firstLayer)"
            )
        }
        parts = try GuardianParts(manifests, files, for: trunk.configuration, tokenizer)
        self.files = files
        self.inputs = inputs
    }

    /// The name that a packed file has for the trunk among its inputs.
    static let trunkName = "trunk"
}

import GuardCore
package import Tokenizer
package import Transformer

/// The guardian model, loaded from its packed file: layers that read and write, and the heads that judge.
///
/// Immutable.
package final class GuardianModel: Sendable {
    /// The layers, the adapter merged into the upper ones.
    package let packed: PackedModel
    package let tokenizer: Tokenizer
    /// The name in the detection manifest, for logs.
    package let name: String
    /// The file's digest: the model's identity.
    package let digest: String
    let detection: DetectionManifest
    let head: DetectionHead
    let templates: [Role: DetectionTemplate]
    let safeguard: SafeguardManifest
    let acceptance: SafeguardAcceptance
    let fallbacks: SafeguardTemplates
    let sentences: SafeguardSentences

    /// - Parameters:
    ///   - path: a file that was packed with the guardian's parts.
    ///   - digest: the lower-case hexadecimal SHA-256 of bytes.
    /// - Throws: `GuardianModelError`.
    package init(
        contentsOf path: String,
        digest: (UnsafeRawBufferPointer) throws -> String
    ) throws(GuardianModelError) {
        let file: PackedModelFile
        do throws(ModelFileError) {
            file = try PackedModelFile(path: path, digest: digest)
            tokenizer = try Tokenizer(file)
        } catch {
            throw .modelFile(error)
        }
        guard file.attachmentNames.contains(GuardianFiles.detection) else { throw .notAGuardian(path: path) }
        let files = GuardianFiles(file)
        let manifests = try GuardianParts.Manifests(files)
        try Self.check(file.inputs, against: manifests, path: path)
        guard file.model.exitDepth == manifests.detection.layer + 1 else {
            throw .invalidManifest(
                path: files.path(GuardianFiles.detection),
                reason: "it reads layer \(manifests.detection.layer), and the file was packed for "
                    + "\(file.model.exitDepth - 1)"
            )
        }
        let parts = try GuardianParts(manifests, files, for: file.model.configuration, tokenizer)
        packed = file.model
        self.digest = file.digest
        name = parts.detection.name
        detection = parts.detection
        head = parts.head
        templates = parts.templates
        safeguard = parts.safeguard
        acceptance = parts.acceptance
        fallbacks = parts.fallbacks
        sentences = parts.sentences
    }

    /// Layers that a text goes through to be judged.
    var detectionDepth: Int { packed.exitDepth }

    /// Tokens that a sequence must hold: a window and what is written behind it.
    var sessionCapacity: Int { detection.windowTokens + safeguard.maxTokens + 64 }

    /// The file must have been made from what its manifests were made for.
    private static func check(
        _ inputs: [PackedInput],
        against manifests: GuardianParts.Manifests,
        path: String
    ) throws(GuardianModelError) {
        let expected = [
            (GuardianSource.trunkName, manifests.detection.trunkSHA256),
            (GuardianSource.trunkName, manifests.safeguard.trunkSHA256),
            (manifests.detection.weights, manifests.detection.weightsSHA256),
            (manifests.safeguard.weights, manifests.safeguard.weightsSHA256),
        ]
        for (name, expected) in expected {
            let found = inputs.first { $0.name == name }?.sha256 ?? "none"
            guard found == expected else {
                throw .digestMismatch(path: "\(path)#\(name)", expected: expected, found: found)
            }
        }
    }
}

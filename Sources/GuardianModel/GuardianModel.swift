import Foundation
import GuardCore
package import Tokenizer
package import Transformer

/// The guardian model, loaded: the trunk, the heads that judge and the adapter that writes.
///
/// Immutable; `GuardianEngine` runs it.
package final class GuardianModel: Sendable {
    package let trunk: LlamaModel
    package let tokenizer: Tokenizer
    /// The name in the detection manifest, for logs.
    package let name: String
    let detection: DetectionManifest
    let head: DetectionHead
    let templates: [Role: DetectionTemplate]
    let safeguard: SafeguardManifest
    let adapter: LowRankAdapter
    let acceptance: SafeguardAcceptance
    let fallbacks: SafeguardTemplates

    /// The format of the manifests that this version reads.
    static let format = 1

    /// - Parameters:
    ///   - trunkPath: the trunk's GGUF file.
    ///   - directory: the folder with the manifests, weights, templates and checks.
    ///   - threads: compute threads.
    ///   - digest: the lower-case hexadecimal SHA-256 of the file at a path.
    /// - Throws: `GuardianModelError`.
    package init(
        trunk trunkPath: String,
        directory: String,
        threads: Int,
        digest: (String) throws -> String
    ) throws(GuardianModelError) {
        let detection: DetectionManifest = try Self.manifest("\(directory)/detection.json")
        let safeguard: SafeguardManifest = try Self.manifest("\(directory)/safeguard.json")
        try Self.check(detection, path: "\(directory)/detection.json")
        guard safeguard.format == Self.format, safeguard.firstLayer > detection.layer else {
            throw .invalidManifest(
                path: "\(directory)/safeguard.json",
                reason: "format \(safeguard.format), first layer \(safeguard.firstLayer)"
            )
        }
        let detectionWeights = "\(directory)/\(detection.weights)"
        let safeguardWeights = "\(directory)/\(safeguard.weights)"
        try Self.verify(trunkPath, is: detection.trunkSHA256, digest)
        try Self.verify(trunkPath, is: safeguard.trunkSHA256, digest)
        try Self.verify(detectionWeights, is: detection.weightsSHA256, digest)
        try Self.verify(safeguardWeights, is: safeguard.weightsSHA256, digest)

        acceptance = try Self.manifest("\(directory)/safeguard-checks.json")
        let texts: [String: String] = try Self.manifest("\(directory)/templates.json")
        guard let fallbacks = SafeguardTemplates(texts) else {
            throw .invalidManifest(path: "\(directory)/templates.json", reason: "it has no 'general'")
        }
        self.fallbacks = fallbacks
        do throws(ModelFileError) {
            trunk = try LlamaModel(contentsOf: trunkPath, threads: threads)
            tokenizer = try Tokenizer(trunk.file)
            head = try DetectionHead(
                SafetensorsFile(path: detectionWeights),
                features: detection.pooling.count * trunk.configuration.width,
                calibration: detection.calibration
            )
            adapter = try LowRankAdapter(
                contentsOf: safeguardWeights,
                scale: Float(safeguard.scale),
                for: trunk.configuration
            )
        } catch {
            throw .modelFile(error)
        }
        guard detection.layer < trunk.configuration.layers else {
            throw .invalidManifest(
                path: "\(directory)/detection.json",
                reason: "the trunk has no layer \(detection.layer)"
            )
        }
        // A marker that text can encode to could be forged by whoever writes the text.
        let markers = detection.markers
        guard [markers.pred, markers.expl, markers.harm].allSatisfy(tokenizer.controlTokens.contains) else {
            throw .invalidManifest(
                path: "\(directory)/detection.json",
                reason: "a marker is no control token of the trunk"
            )
        }
        var templates: [Role: DetectionTemplate] = [:]
        for role in Role.allCases {
            guard let words = detection.template(for: role) else { continue }
            templates[role] = DetectionTemplate(words, markers: detection.markers, tokenizer)
        }
        self.templates = templates
        self.detection = detection
        self.safeguard = safeguard
        name = detection.name
    }

    /// Layers that a text goes through to be judged.
    var detectionDepth: Int { detection.layer + 1 }

    /// Tokens that a session must hold: a window and what is written behind it.
    var sessionCapacity: Int { detection.windowTokens + safeguard.maxTokens + 64 }

    private static func check(_ manifest: DetectionManifest, path: String) throws(GuardianModelError) {
        guard manifest.format == format else {
            throw .invalidManifest(path: path, reason: "format \(manifest.format), not \(format)")
        }
        guard manifest.taxonomy == HarmCategory.allCases.map(\.rawValue) else {
            throw .invalidManifest(path: path, reason: "its taxonomy is another one")
        }
        guard manifest.calibration.map(\.name) == ["harm"] + manifest.taxonomy else {
            throw .invalidManifest(path: path, reason: "its calibration does not fit the taxonomy")
        }
        guard manifest.template(for: .user) != nil, manifest.layer >= 0, !manifest.pooling.isEmpty,
            (16...4096).contains(manifest.windowTokens), (0..<manifest.windowTokens).contains(manifest.windowOverlap)
        else { throw .invalidManifest(path: path, reason: "a template, the layer, the pooling or the window is wrong") }
    }

    private static func manifest<Value: Decodable>(_ path: String) throws(GuardianModelError) -> Value {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
        do {
            return try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw .invalidManifest(path: path, reason: "\(error)")
        }
    }

    private static func verify(
        _ path: String,
        is expected: String,
        _ digest: (String) throws -> String
    ) throws(GuardianModelError) {
        let found: String
        do {
            found = try digest(path)
        } catch {
            throw .unreadable(path: path, reason: "\(error)")
        }
        guard found == expected else { throw .digestMismatch(path: path, expected: expected, found: found) }
    }
}

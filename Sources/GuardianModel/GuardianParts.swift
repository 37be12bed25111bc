import Foundation
import GuardCore
import Tokenizer
import Transformer

/// What the guardian model has beside the weights of its layers: manifests, head, templates and checks, held to each
/// other and to the trunk.
struct GuardianParts: Sendable {
    let detection: DetectionManifest
    let head: DetectionHead
    /// The words around a text, by its role.
    let templates: [Role: DetectionTemplate]
    let safeguard: SafeguardManifest
    let acceptance: SafeguardAcceptance
    let fallbacks: SafeguardTemplates
    let sentences: SafeguardSentences

    /// The format of the manifests that this version reads.
    static let format = 1

    /// The two manifests, each checked for itself.
    struct Manifests {
        let detection: DetectionManifest
        let safeguard: SafeguardManifest

        init(_ files: GuardianFiles) throws(GuardianModelError) {
            detection = try files.decoded(GuardianFiles.detection)
            safeguard = try files.decoded(GuardianFiles.safeguard)
            try detection.check(path: files.path(GuardianFiles.detection))
            guard safeguard.format == GuardianParts.format, safeguard.firstLayer >= 0 else {
                throw .invalidManifest(
                    path: files.path(GuardianFiles.safeguard),
                    reason: "format \(safeguard.format), first layer \(safeguard.firstLayer)"
                )
            }
            // Heads are worth nothing on states that they were not trained on.
            let changed = safeguard.firstLayer <= detection.layer
            guard detection.adapterSHA256 == (changed ? safeguard.weightsSHA256 : nil) else {
                throw .invalidManifest(
                    path: files.path(GuardianFiles.detection),
                    reason: changed
                        ? "the adapter of \(GuardianFiles.safeguard) changes what the heads read at layer "
                            + "\(detection.layer), and they were not trained with it"
                        : "the heads were trained with an adapter that does not reach layer \(detection.layer)"
                )
            }
        }
    }

    init(
        _ manifests: Manifests,
        _ files: GuardianFiles,
        for trunk: LlamaConfiguration,
        _ tokenizer: Tokenizer
    ) throws(GuardianModelError) {
        let detection = manifests.detection
        let path = files.path(GuardianFiles.detection)
        acceptance = try files.decoded(GuardianFiles.checks)
        guard acceptance.isValid else {
            throw .invalidManifest(path: files.path(GuardianFiles.checks), reason: "its numbers of words are wrong")
        }
        let texts: [String: String] = try files.decoded(GuardianFiles.templates)
        guard let fallbacks = SafeguardTemplates(texts) else {
            throw .invalidManifest(path: files.path(GuardianFiles.templates), reason: "it has no 'general'")
        }
        self.fallbacks = fallbacks
        let subjects: [String: [SafeguardSentences.Subject]] = try files.decoded(GuardianFiles.sentences)
        do throws(SafeguardSentences.Fault) {
            sentences = try SafeguardSentences(subjects, tokenizer, longest: manifests.safeguard.maxTokens)
        } catch {
            throw .invalidManifest(path: files.path(GuardianFiles.sentences), reason: "\(error)")
        }
        let weights = try files.safetensors(detection.weights)
        do throws(ModelFileError) {
            head = try DetectionHead(
                weights,
                states: detection.pooling.count,
                width: trunk.width,
                normalization: detection.normalization,
                calibration: detection.calibration
            )
        } catch {
            throw .modelFile(error)
        }
        guard detection.layer < trunk.layers else {
            throw .invalidManifest(path: path, reason: "the trunk has no layer \(detection.layer)")
        }
        // A marker that text can encode to could be forged by whoever writes the text.
        let markers = detection.markers
        guard [markers.pred, markers.expl, markers.harm].allSatisfy(tokenizer.controlTokens.contains) else {
            throw .invalidManifest(path: path, reason: "a marker is no control token of the trunk")
        }
        var templates: [Role: DetectionTemplate] = [:]
        for role in Role.allCases {
            guard let words = detection.template(for: role) else { continue }
            templates[role] = DetectionTemplate(words, markers: markers, tokenizer)
        }
        self.templates = templates
        self.detection = detection
        self.safeguard = manifests.safeguard
    }
}

extension DetectionManifest {
    fileprivate func check(path: String) throws(GuardianModelError) {
        guard format == GuardianParts.format else {
            throw .invalidManifest(path: path, reason: "format \(format), not \(GuardianParts.format)")
        }
        guard taxonomy == HarmCategory.allCases.map(\.rawValue) else {
            throw .invalidManifest(path: path, reason: "its taxonomy is another one")
        }
        guard calibration.map(\.name) == ["harm"] + taxonomy else {
            throw .invalidManifest(path: path, reason: "its calibration does not fit the taxonomy")
        }
        // No trunk has more layers: see `LlamaConfiguration.check`.
        guard template(for: .user) != nil, (0..<1024).contains(layer), !pooling.isEmpty,
            (16...4096).contains(windowTokens), (0..<windowTokens).contains(windowOverlap),
            (0...4096).contains(contextTokens ?? 0)
        else { throw .invalidManifest(path: path, reason: "a template, the layer, the pooling or the window is wrong") }
    }
}

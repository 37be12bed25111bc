import GuardCore

/// What the engine reads from the model, until it runs packed ones.
extension GuardianSource {
    package var name: String { parts.detection.name }
    var detection: DetectionManifest { parts.detection }
    var head: DetectionHead { parts.head }
    var templates: [Role: DetectionTemplate] { parts.templates }
    var safeguard: SafeguardManifest { parts.safeguard }
    var acceptance: SafeguardAcceptance { parts.acceptance }
    var fallbacks: SafeguardTemplates { parts.fallbacks }
    var detectionDepth: Int { detection.layer + 1 }
    var sessionCapacity: Int { detection.windowTokens + safeguard.maxTokens + 64 }
}

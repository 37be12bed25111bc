import GuardianModel
import Transformer

/// Why the gateway could not start. The text is for the operator.
package struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// Which part failed, for the exit status.
    package enum Part: Sendable {
        /// A configuration or policy file that was read.
        case configuration
        /// A policy or model file that cannot be read.
        case unreadable
        /// A model file that was read and is not what it should be.
        case damaged
        /// What the model needs of the machine: threads, memory, instructions.
        case model
        /// Certificates and what belongs to them. Whoever renews them may put it right at any time.
        case certificates
        /// Addresses, files and other things of the system.
        case system
    }

    package var part: Part
    package var description: String

    package init(_ part: Part, _ description: String) {
        self.part = part
        self.description = description
    }
}

extension GatewayError.Part {
    /// Whose fault it is that a model file was not loaded.
    init(_ error: GuardianModelError) {
        switch error {
        case .unreadable: self = .unreadable
        case .modelFile(let error): self = Self(error)
        case .invalidManifest, .digestMismatch, .notAGuardian: self = .damaged
        }
    }

    init(_ error: ModelFileError) {
        switch error.code {
        case .unreadable: self = .unreadable
        case .outOfResources: self = .model
        default: self = .damaged
        }
    }
}

/// Why the gateway could not start. The text is for the operator.
package struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// Which part failed, for the exit status.
    package enum Part: Sendable {
        /// A configuration or policy file that was read.
        case configuration
        /// A policy file that cannot be read.
        case unreadable
        /// The model's files.
        case model
        /// Certificates.
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

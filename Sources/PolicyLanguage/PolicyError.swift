/// Why a policy was not loaded: every error of the file that one run can find, in the order of the file.
package struct PolicyError: Error, Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// The file could not be read at all.
        case unreadable
        /// The file was read and is not a valid policy.
        case invalid
    }

    package var kind: Kind
    /// Never empty.
    package var diagnostics: [PolicyDiagnostic]

    init(kind: Kind, diagnostics: [PolicyDiagnostic]) {
        self.kind = kind
        self.diagnostics = diagnostics
    }
}

extension PolicyError: CustomStringConvertible {
    /// All diagnostics, as a terminal shows them.
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

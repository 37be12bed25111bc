package import Transformer

/// Why the guardian model could not be loaded. The operator's to mend: each says which file and what to do.
package enum GuardianModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file cannot be read.
    case unreadable(path: String, reason: String)
    /// A manifest is not what this version reads.
    case invalidManifest(path: String, reason: String)
    /// A file is not the one that the manifest was made with.
    case digestMismatch(path: String, expected: String, found: String)
    /// A packed file holds a trunk and nothing that judges.
    case notAGuardian(path: String)
    /// The trunk or a file of weights is damaged or of another kind.
    case modelFile(ModelFileError)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path) cannot be read: \(reason). Run make model, or correct 'model' in the configuration."
        case .invalidManifest(let path, let reason): "\(path) is not a manifest of this version: \(reason)."
        case .digestMismatch(let path, let expected, let found):
            "\(path) is not the file that the manifest names (SHA-256 \(found), expected \(expected)). Fetch it again with make model."
        case .notAGuardian(let path):
            "\(path) holds a language model without the guardian's parts. Pack them with make model, or guardian model pack --guardian."
        case .modelFile(let error): "\(error)"
        }
    }
}

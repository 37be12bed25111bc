package import Policy

/// Reads policy files.
///
/// What it needs from other rooms is given to it: how a regular expression is checked, and how a text is digested.
package struct PolicyLoader: Sendable {
    /// What is wrong with a regular expression, given its pattern and whether letter case is ignored; nil is nothing.
    package typealias RegexCheck = @Sendable (_ pattern: String, _ ignoreCase: Bool) -> String?
    /// The digest of the bytes of a policy file, as `Policy.digest` documents it.
    package typealias Digest = @Sendable (_ bytes: [UInt8]) -> String

    private let limits: YAMLLimits
    private let checkRegex: RegexCheck
    private let digest: Digest

    package init(
        limits: YAMLLimits = YAMLLimits(),
        digest: @escaping Digest = { _ in "" },
        checkRegex: @escaping RegexCheck
    ) {
        self.limits = limits
        self.digest = digest
        self.checkRegex = checkRegex
    }

    /// - Throws: `PolicyError` of kind `unreadable`, or `invalid` with every error of the file.
    package func load(path: String) throws(PolicyError) -> Policy {
        try load(bytes: YAMLText.bytes(ofFile: path, limits: limits), file: path)
    }

    /// - Parameter file: the name that diagnostics give.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(text: String, file: String) throws(PolicyError) -> Policy {
        try load(bytes: Array(text.utf8), file: file)
    }

    /// - Parameter file: the name that diagnostics give.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(bytes: [UInt8], file: String) throws(PolicyError) -> Policy {
        var decoder = PolicyDecoder(checkRegex: checkRegex)
        var policy = try YAMLText(bytes: bytes, file: file, limits: limits).decode(with: &decoder) { decoder, root in
            decoder.policy(root)
        }
        policy.digest = digest(bytes)
        return policy
    }
}

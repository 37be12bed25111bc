package import Policy

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads policy files.
///
/// What it needs from other rooms is given to it: how a regular expression is checked, and how a text is digested.
package struct PolicyLoader: Sendable {
    /// What is wrong with a regular expression, given its pattern and whether letter case is ignored; nil is nothing.
    package typealias RegexCheck = @Sendable (_ pattern: String, _ ignoreCase: Bool) -> String?
    /// The digest of the bytes of a policy file, as `Policy.digest` documents it.
    package typealias Digest = @Sendable (_ bytes: [UInt8]) -> String

    /// The value of an environment variable; nil if it is not set.
    package typealias Environment = @Sendable (_ name: String) -> String?

    private let source: RulePackReader.Source

    package init(
        limits: YAMLLimits = YAMLLimits(),
        digest: @escaping Digest = { _ in "" },
        environment: @escaping Environment = { getenv($0).map { String(cString: $0) } },
        checkRegex: @escaping RegexCheck
    ) {
        source = RulePackReader.Source(
            limits: limits,
            checkRegex: checkRegex,
            environment: environment,
            digest: digest
        )
    }

    /// - Throws: `PolicyError` of kind `unreadable`, or `invalid` with every error of the file and of those it includes.
    package func load(path: String) throws(PolicyError) -> Policy {
        try load(bytes: YAMLText.bytes(ofFile: path, limits: source.limits), file: path)
    }

    /// - Parameter file: the name that diagnostics give, and from whose folder other files are included.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(text: String, file: String) throws(PolicyError) -> Policy {
        try load(bytes: Array(text.utf8), file: file)
    }

    /// - Parameter file: the name that diagnostics give, and from whose folder other files are included.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(bytes: [UInt8], file: String) throws(PolicyError) -> Policy {
        let packs = RulePackReader(source, file: file)
        var decoder = PolicyDecoder(packs: packs, file: file)
        var policy: Policy
        do throws(PolicyError) {
            policy = try YAMLText(bytes: bytes, file: file, limits: source.limits).decode(with: &decoder) {
                decoder,
                root in
                decoder.policy(root)
            }
        } catch {
            throw PolicyError(kind: error.kind, diagnostics: error.diagnostics + packs.diagnostics)
        }
        guard packs.diagnostics.isEmpty else { throw PolicyError(kind: .invalid, diagnostics: packs.diagnostics) }
        policy.digest = digest(of: bytes, packs.digests)
        return policy
    }

    /// That of the file; with packs, that of the digests of the file and of the packs, a line each.
    private func digest(of bytes: [UInt8], _ packs: [String]) -> String {
        let own = source.digest(bytes)
        return packs.isEmpty ? own : source.digest(Array(([own] + packs).joined(separator: "\n").utf8))
    }
}

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
    package func load(path: String) throws(PolicyError) -> Policy { try load(path: path) { _ in } }

    /// - Parameter onRead: told the path of each file that is looked for, those of packs too, whatever comes of it.
    /// - Throws: `PolicyError` of kind `unreadable`, or `invalid` with every error of the file and of those it includes.
    package func load(path: String, onRead: @escaping (String) -> Void) throws(PolicyError) -> Policy {
        onRead(path)
        return try load(
            bytes: YAMLText.bytes(ofFile: path, limits: source.limits),
            file: path,
            packs: RulePackReader(source, file: path, onRead: onRead)
        )
    }

    /// - Parameter file: the name that diagnostics give, and from whose folder other files are included.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(text: String, file: String) throws(PolicyError) -> Policy {
        try load(bytes: Array(text.utf8), file: file)
    }

    /// - Parameter file: the name that diagnostics give, and from whose folder other files are included.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(bytes: [UInt8], file: String) throws(PolicyError) -> Policy {
        try load(bytes: bytes, file: file, packs: RulePackReader(source, file: file))
    }

    private func load(bytes: [UInt8], file: String, packs: RulePackReader) throws(PolicyError) -> Policy {
        var decoder = PolicyDecoder(packs: packs, file: file)
        var policy: Policy
        do throws(PolicyError) {
            policy = try packs.decode(bytes, file: file, with: &decoder) { decoder, root in decoder.policy(root) }
        } catch {
            throw PolicyError(kind: error.kind, diagnostics: error.diagnostics + packs.diagnostics)
        }
        guard packs.diagnostics.isEmpty else { throw PolicyError(kind: .invalid, diagnostics: packs.diagnostics) }
        policy.digest = digest(of: bytes, packs)
        return policy
    }

    /// That of the file; with packs or variables, that of the digests of the file and of the packs and of what each
    /// variable brought in, a line each.
    private func digest(of bytes: [UInt8], _ packs: RulePackReader) -> String {
        let own = source.digest(bytes)
        let variables = packs.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let parts = [own] + packs.digests + variables
        return parts.count == 1 ? own : source.digest(Array(parts.joined(separator: "\n").utf8))
    }
}

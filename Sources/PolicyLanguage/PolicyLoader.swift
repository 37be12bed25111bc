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
        try load(bytes: read(path), file: path)
    }

    /// - Parameter file: the name that diagnostics give.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(text: String, file: String) throws(PolicyError) -> Policy {
        try load(bytes: Array(text.utf8), file: file)
    }

    /// - Parameter file: the name that diagnostics give.
    /// - Throws: `PolicyError` of kind `invalid`.
    package func load(bytes: [UInt8], file: String) throws(PolicyError) -> Policy {
        let source = try SourceText(bytes: bytes, file: file, maximumBytes: limits.bytes)
        let document = YAMLDocument(source.bytes, limits: limits)
        guard let root = document.root else { throw source.error(document.problems) }
        var decoder = PolicyDecoder(checkRegex: checkRegex)
        var policy = decoder.policy(root)
        let problems = document.problems + decoder.problems
        guard problems.isEmpty else { throw source.error(problems) }
        policy.digest = digest(bytes)
        return policy
    }

    /// The file's bytes, at most one more than the limit: enough to see that it is too long.
    private func read(_ path: String) throws(PolicyError) -> [UInt8] {
        guard let stream = fopen(path, "rb") else { throw unreadable(path) }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limits.bytes {
            let count = fread(&chunk, 1, chunk.count, stream)
            if count == 0 { break }
            bytes += chunk.prefix(count)
        }
        guard ferror(stream) == 0 else { throw unreadable(path) }
        return bytes
    }

    private func unreadable(_ path: String) -> PolicyError {
        let reason = String(cString: strerror(errno))
        let diagnostic = PolicyDiagnostic(file: path, message: "the policy cannot be read: \(reason)")
        return PolicyError(kind: .unreadable, diagnostics: [diagnostic])
    }
}

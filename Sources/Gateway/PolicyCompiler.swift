package import Policy
package import PolicyLanguage
package import Rules
import TLS

/// From a policy file to what the guard runs: the one place where the language, the rules and the digest meet.
package enum PolicyCompiler {
    /// The loader with this product's regular expressions and digest.
    package static var loader: PolicyLoader {
        PolicyLoader(
            digest: { (try? Digest.sha256Hex(of: $0)) ?? "" },
            checkRegex: RegexSyntax.check
        )
    }

    package typealias Compiled = (policy: Policy, rules: RuleSet)

    /// - Throws: `GatewayError` of the part `unreadable`, or `configuration` with every error of the file, or with the rules'
    ///   own tests that failed.
    package static func compile(path: String) throws(GatewayError) -> Compiled {
        var read: [String] = []
        return try compile(path: path, reading: &read)
    }

    /// - Parameter files: gets the path of each file that is looked for, whatever comes of it.
    /// - Throws: `GatewayError` of the part `unreadable`, or `configuration` with every error of the file, or with the rules'
    ///   own tests that failed.
    static func compile(
        path: String,
        reading files: inout [String]
    ) throws(GatewayError) -> Compiled {
        let read = FileList()
        defer { files += read.paths }
        return try attempt(path) { () throws(PolicyError) in
            try loader.load(path: path) { read.paths.append($0) }
        }.get()
    }

    /// A policy that is not in its file yet.
    ///
    /// - Parameter file: the name that diagnostics give, and from whose folder other files are included.
    /// - Throws: `GatewayError` as for a file.
    static func compile(bytes: [UInt8], file: String) throws(GatewayError) -> Compiled {
        try attempt(file) { () throws(PolicyError) in try loader.load(bytes: bytes, file: file) }.get()
    }

    /// A policy that was read already.
    ///
    /// - Parameter file: the name that errors give.
    /// - Throws: `GatewayError` of the part `configuration`, with the rules' own tests that failed.
    package static func compile(_ policy: Policy, file: String) throws(GatewayError) -> Compiled {
        let rules: RuleSet
        var failures: [RuleTestFailure] = []
        do throws(RuleError) {
            for rule in policy.rules { failures += try RuleSet.runTests(of: rule) }
            rules = try RuleSet(policy.rules)
        } catch {
            throw GatewayError(.configuration, "\(file): error: \(error)")
        }
        guard failures.isEmpty else {
            let list = failures.map { "\(file): error: \($0)" }.joined(separator: "\n")
            throw GatewayError(.configuration, list)
        }
        return (policy, rules)
    }

    /// Paths in the order they were added.
    private final class FileList {
        var paths: [String] = []
    }

    private static func attempt(
        _ path: String,
        _ load: () throws(PolicyError) -> Policy
    ) -> Result<Compiled, GatewayError> {
        let policy: Policy
        do throws(PolicyError) {
            policy = try load()
        } catch {
            return .failure(GatewayError(error.kind == .unreadable ? .unreadable : .configuration, "\(error)"))
        }
        return Result { () throws(GatewayError) in try compile(policy, file: path) }
    }
}

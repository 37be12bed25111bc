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

    /// - Throws: `GatewayError` with every error of the file, or with the rules' own tests that failed.
    package static func compile(path: String) throws(GatewayError) -> (policy: Policy, rules: RuleSet) {
        try attempt(path).get()
    }

    private static func attempt(_ path: String) -> Result<(policy: Policy, rules: RuleSet), GatewayError> {
        let policy: Policy
        do throws(PolicyError) {
            policy = try loader.load(path: path)
        } catch {
            return .failure(GatewayError(.configuration, "\(error)"))
        }
        do throws(RuleError) {
            var failures: [RuleTestFailure] = []
            for rule in policy.rules { failures += try RuleSet.runTests(of: rule) }
            guard failures.isEmpty else {
                let list = failures.map { "\(path): error: \($0)" }.joined(separator: "\n")
                return .failure(GatewayError(.configuration, list))
            }
            return .success((policy, try RuleSet(policy.rules)))
        } catch {
            return .failure(GatewayError(.configuration, "\(path): error: \(error)"))
        }
    }
}

import GuardCore
import Policy
import PolicyLanguage

/// A loader whose regular expressions are all fine but those that hold `(?!`.
let loader = PolicyLoader(digest: { "\($0.count) bytes" }) { pattern, _ in
    pattern.contains("(?!") ? "look-ahead is not supported" : nil
}

/// A valid policy with room for what the test is about. `name` is on line 2, `input` on line 3.
func policyText(
    input: String = "ignore",
    output: String = "ignore",
    rules: String? = nil
) -> String {
    """
    version: 1
    name: test
    input: \(input)
    output: \(output)
    \(rules.map { "rules: \($0)" } ?? "")
    """
}

/// What is wrong with the text, as `line:column: message`, or the hint of it.
func errors(in text: String) -> [String] {
    errors(in: Array(text.utf8))
}

func errors(in bytes: [UInt8]) -> [String] {
    diagnostics(of: bytes).map { diagnostic in
        let place = diagnostic.mark.map { "\($0.line):\($0.column): " } ?? ""
        return place + diagnostic.message
    }
}

func diagnostics(of bytes: [UInt8]) -> [PolicyDiagnostic] {
    do throws(PolicyError) {
        _ = try loader.load(bytes: bytes, file: "test.yaml")
        return []
    } catch {
        return error.diagnostics
    }
}

func diagnostics(of text: String) -> [PolicyDiagnostic] { diagnostics(of: Array(text.utf8)) }

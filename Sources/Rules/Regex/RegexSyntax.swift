/// Checks a pattern without keeping anything of it.
package enum RegexSyntax {
    /// What is wrong with the pattern, where in it, and what to do; nil if it is fine.
    package static func check(pattern: String, ignoreCase: Bool) -> String? { nil }
}

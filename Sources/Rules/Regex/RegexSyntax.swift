/// The dialect of regular expressions that rules are written in.
///
/// - Literals; `.` (any scalar but line feed); `[a-z]`, `[^a-z]`; `\d` (0-9), `\w` (letters, marks, decimal digits and
///   connector punctuation of all scripts), `\s` (Unicode white space), and `\D`, `\W`, `\S`.
/// - `\n \r \t \f \v`, `\xHH`, `\x{H...}`, `\uHHHH`, `\u{H...}`; a backslash before punctuation takes it literally.
/// - `^`, `$`, `\A`, `\z` (start and end of the text), `\b`, `\B` (word boundary in the sense of `\w`; also
///   between a letter of a script that marks no words, Chinese, Japanese, Thai or Korean, and a word character of another).
/// - `a|b`, `(...)`, `(?:...)`; groups capture nothing.
/// - `*`, `+`, `?`, `{m}`, `{m,}`, `{m,n}`, and the lazy forms with `?` behind them.
/// - Flags `(?i)` (letter case, one scalar to one scalar), `(?m)` (`^` and `$` at lines), `(?s)` (`.` takes line feeds), for
///   the rest of the group, or `(?i:...)`, and `-` to take one off.
///
/// Everything is by Unicode scalar: a letter with a combining mark is two. Look-around, back-references, atomic groups,
/// possessive quantifiers, named groups, `\p` and POSIX classes are refused. So is a pattern that matches the empty text.
package enum RegexSyntax {
    /// What is wrong with the pattern, where in it, and what to do; nil if it is fine.
    package static func check(pattern: String, ignoreCase: Bool) -> String? {
        do throws(RegexError) {
            _ = try LinearRegex(pattern, ignoreCase: ignoreCase)
            return nil
        } catch {
            return error.description
        }
    }
}

import PolicyLanguage
import Testing

/// The advice that goes with libyaml's words.
@Suite struct YAMLSyntaxProblemTests {
    @Test(arguments: [
        ("a:\n\t- b\n", "indent with spaces, not with tabs"),
        ("é: 1\na: x\n\tb: 2\n", "indent with spaces, not with tabs"),
        ("é: @b\n", "put a text that begins with this character in quotes"),
        ("a: b: c\n", "check the indentation, and put a text that contains ': ' in quotes"),
        ("a: [\n1,\n2\n", "close the bracket; it began at line 1"),
        ("a: {b: 1\nc: 2\n", "close the bracket; it began at line 1"),
        ("x: 1\na: 'text\nb: 1\n", "close the quotes; it began at line 2"),
        (#"a: "\d""#, "a backslash is an escape in double quotes: put regular expressions in single quotes"),
        ("a:\n  b: 1\n c: 2\n", "check the indentation; it began at line 1"),
        ("%YAML 3.0\n---\na: 1\n", "remove the '%YAML' line"),
        ("a: 1\nb\nc: 2\n", "a key is followed by ': ' on the same line; it began at line 2"),
    ])
    func saysWhatToDo(text: String, hint: String) {
        #expect(diagnostics(of: text).map(\.hint) == [hint])
    }
}

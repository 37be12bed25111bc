/// How much of a YAML text is read. Whoever can write a policy file is trusted, but a policy may come from a
/// pull request or a bad merge, and checking one must not take the machine down.
package struct YAMLLimits: Sendable, Hashable {
    /// Bytes of the file.
    package var bytes = 1 << 20
    /// Collections inside each other, those that aliases bring counted: `[[[[...` must not become a stack overflow later.
    package var depth = 64
    /// Scalars, lists and mappings of the whole file, those that aliases stand for counted each time.
    package var nodes = 100_000
    /// The part of them that aliases stand for: nine levels of nine aliases each ("billion laughs") would be 387 million.
    package var aliased = 10_000
    /// Bytes of the texts with variables in a file and of the values that are put into them: aliases share the text that they stand
    /// for, but each of them would have a text of its own with the values in it.
    package var expanded = 4 << 20

    package init() {}
}

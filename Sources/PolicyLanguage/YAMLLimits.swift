/// How much of a YAML text is read. Whoever can write a policy file is trusted, but a policy may come from a
/// pull request or a bad merge, and checking one must not take the machine down.
package struct YAMLLimits: Sendable, Hashable {
    /// Bytes of the file.
    package var bytes = 1 << 20
    /// Collections inside each other: `[[[[...` must not become a stack overflow later.
    package var depth = 64
    /// Scalars, lists and mappings of the whole file.
    package var nodes = 100_000

    package init() {}
}

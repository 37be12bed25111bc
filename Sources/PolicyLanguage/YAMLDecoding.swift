/// Something that turns the tree of a YAML file into a value, noting every error on the way.
///
/// The policy is one such value and the gateway's own configuration another: both get the same care in their diagnostics.
package protocol YAMLDecoding {
    /// What was wrong so far.
    var problems: [Problem] { get set }
}

extension YAMLDecoding {
    package mutating func note(_ problem: Problem) { problems.append(problem) }

    package mutating func note(_ node: YAMLNode, _ message: String, hint: String? = nil) {
        problems.append(Problem(node, message, hint: hint))
    }
}

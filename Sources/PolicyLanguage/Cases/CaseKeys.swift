/// The keys of a file of cases, mapping by mapping, as `PolicyKeys` has those of a policy.
enum CaseKeys {
    static let file = ["version", "cases", "corpora"]
    static let testCase = ["id", "text", "phase", "role", "expect"]
    static let expectation = ["action", "categories", "rules", "text"]
    static let corpus = ["file", "phase", "role", "lines", "at_most", "action"]
}

/// An action as a case expects it, with a word for none.
enum ExpectedAction: String, CaseIterable {
    case allow, log, rewrite, block
}

/// The keys of the language, mapping by mapping: the one place that says what may stand where.
///
/// `Policies/README.md` documents each of them, and a test holds it to that.
enum PolicyKeys {
    static let policy = [
        "version", "name", "mode", "definitions", "include", "input", "output", "stream", "rules",
        "paranoia", "exclude", "overrides",
    ]
    static let pack = ["version", "definitions", "include", "rules"]
    static let inclusion = ["file", "only", "action", "response", "rewrite"]
    static let override = ["name", "when", "then"]
    static let when = ["route", "model", "tenant"]
    static let then = ["mode", "input", "output", "stream", "exclude"]
    static let thenPhase = ["roles", "media", "overall", "anomaly", "categories", "others"]
    static let exclude = ["rules", "categories"]
    static let phase = ["roles", "media", "overall", "anomaly", "defaults", "categories", "others"]
    static let anomaly = ["threshold", "action", "response"]
    /// Keys that have to be there.
    static let policyRequired = ["version", "name", "input", "output"]
    static let packRequired = ["version", "rules"]
    static let inclusionRequired = ["file"]
    static let overrideRequired = ["when", "then"]
    static let anomalyRequired = ["threshold", "action"]
    static let ruleRequired = ["id", "category", "match", "action"]
    static let stream = ["mode", "tokens", "milliseconds", "bytes"]
    static let category = ["threshold", "action", "response", "rewrite", "on_failure", "sample", "requires"]
    static let response = ["fixed"]
    static let rewrite = RewriteKind.allCases.map(\.rawValue)
    static let rule = [
        "id", "summary", "tags", "category", "phases", "roles", "match", "action", "response", "rewrite", "tests",
        "severity", "paranoia", "requires", "vetoes", "sample",
    ]
    static let keyword = ["word", "expand"]
    static let match = ["keywords", "regex"]
    static let regex = ["pattern", "ignore_case", "checksum", "expand"]
    static let tests = ["match", "pass"]
}

import GuardCore
import Policy

/// Turns the tree of a file of cases into values, noting every error as `PolicyDecoder` does.
struct CaseDecoder: YAMLDecoding {
    var problems: [Problem] = []

    private static let version = "1"

    mutating func caseFile(_ root: YAMLNode, file: String) -> CaseFile {
        let fields = fields(of: root, "a file of cases", known: CaseKeys.file, required: ["version"])
        if let node = fields["version"], !node.isRefused, node.text != Self.version {
            note(node, "version must be \(Self.version), not \(node.kind)")
        }
        if fields["cases"] == nil, fields["corpora"] == nil, case .mapping = root.content {
            note(root, "the file tests nothing", hint: "give it 'cases', 'corpora' or both")
        }
        var ids: Set<String> = []
        let cases = (fields["cases"].flatMap { list($0, "'cases'") } ?? []).map { item in
            let value = testCase(item)
            if !value.id.isEmpty, !ids.insert(value.id).inserted {
                note(item, "the case id '\(value.id.clipped)' is taken")
            }
            return (place: item.mark, value: value)
        }
        let corpora = (fields["corpora"].flatMap { list($0, "'corpora'") } ?? []).map { item in
            (place: item.mark, value: corpus(item))
        }
        return CaseFile(file: file, cases: cases, corpora: corpora)
    }

    private mutating func testCase(_ node: YAMLNode) -> PolicyCase {
        let fields = fields(of: node, "a case", known: CaseKeys.testCase, required: ["text", "expect"])
        let phase = fields["phase"].flatMap { choice($0, "phase") } ?? Phase.input
        return PolicyCase(
            id: fields["id"].flatMap { text($0, "id") } ?? "",
            phase: phase,
            role: fields["role"].flatMap { choice($0, "role") },
            text: fields["text"].flatMap { text($0, "text") } ?? "",
            expectation: fields["expect"].map { expectation($0) } ?? PolicyCase.Expectation(action: nil)
        )
    }

    /// Reads an action, or a mapping with one and what else has to hold.
    private mutating func expectation(_ node: YAMLNode) -> PolicyCase.Expectation {
        guard case .mapping = node.content else { return PolicyCase.Expectation(action: action(node, "expect")) }
        let fields = fields(of: node, "'expect'", known: CaseKeys.expectation, required: ["action"])
        var expectation = PolicyCase.Expectation(action: fields["action"].flatMap { action($0, "action") })
        if let node = fields["categories"] {
            expectation.categories = choices(node, "'categories'", each: "category") ?? []
        }
        for item in fields["rules"].flatMap({ list($0, "'rules'") }) ?? [] {
            if let id = text(item, "a rule's id") { expectation.rules.insert(id) }
        }
        if let node = fields["text"] {
            expectation.text = text(node, "text")
            if fields["action"] != nil, expectation.action == .block {
                note(node, "'text' has no effect: a block forwards nothing")
            }
        }
        return expectation
    }

    /// - Returns: nil for `allow`, and for what was reported.
    private mutating func action(_ node: YAMLNode, _ what: String) -> Action? {
        let expected: ExpectedAction? = choice(node, what)
        return expected.flatMap { Action(rawValue: $0.rawValue) }
    }

    private mutating func corpus(_ node: YAMLNode) -> BenignCorpus {
        let fields = fields(of: node, "a corpus", known: CaseKeys.corpus, required: ["file", "at_most"])
        let phase = fields["phase"].flatMap { choice($0, "phase") } ?? Phase.input
        return BenignCorpus(
            file: fields["file"].flatMap { fileName($0, "file") } ?? "",
            phase: phase,
            role: fields["role"].flatMap { choice($0, "role") },
            lines: fields["lines"].flatMap { whole($0, "lines", in: 1...Int(Int32.max)) },
            limit: fields["at_most"].flatMap { whole($0, "at_most", in: 0...Int(Int32.max)) } ?? 0,
            action: fields["action"].flatMap { choice($0, "action") } ?? .log
        )
    }
}

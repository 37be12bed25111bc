import Policy

/// A rule, and the file and line it stands in.
struct PlacedRule {
    var rule: Rule
    var file: String
    var line: Int
    /// What inclusions said in place of what it says itself, as it is in the rule.
    var said = RuleChange()
}

/// Reads the rule packs that a policy includes, and those that they include.
///
/// A pack counts once however many ways lead to it. A pack that includes itself, over whatever detour, is refused where the
/// circle closes.
final class RulePackReader {
    /// How a file is read once its path is known.
    struct Source {
        var limits: YAMLLimits
        var checkRegex: PolicyLoader.RegexCheck
        var environment: PolicyLoader.Environment
        var digest: PolicyLoader.Digest
    }

    /// Why a pack gives no rules.
    enum Refusal: Error {
        case unreadable(String)
        /// The files from the first to the one that closes the circle.
        case circle([String])
        case tooMany
        /// The pack has errors, which are among `diagnostics`.
        case invalid
    }

    /// Packs of one policy.
    static let limit = 64

    let source: Source
    /// The errors of all packs.
    private(set) var diagnostics: [PolicyDiagnostic] = []
    /// Digests of the packs, in the order they were read.
    private(set) var digests: [String] = []
    /// What variables of the environment brought into all files that were read, by name.
    private(set) var variables: [String: String] = [:]
    /// The files that are being read, each included by the one before.
    private var open: [(path: String, canonical: String)] = []
    /// Packs that were read, by canonical path: their rules, with those of the packs that they include; nil of one that is broken.
    private var known: [String: [PlacedRule]?] = [:]

    private let onRead: (String) -> Void

    /// - Parameters:
    ///   - file: the policy.
    ///   - onRead: told the path of each pack before it is opened.
    init(_ source: Source, file: String, onRead: @escaping (String) -> Void = { _ in }) {
        self.source = source
        self.onRead = onRead
        open = [(file, FilePath.canonical(file))]
    }

    /// The rules of a pack, after those of the packs that it includes. Each pack is read once.
    func rules(ofPack path: String) throws(Refusal) -> [PlacedRule] {
        let canonical = FilePath.canonical(path)
        if let start = open.firstIndex(where: { $0.canonical == canonical }) {
            throw .circle(open[start...].map(\.path) + [path])
        }
        if let read = known[canonical] {
            guard let read else { throw .invalid }
            return read
        }
        known[canonical] = .some(nil)
        guard known.count <= Self.limit else { throw .tooMany }
        open.append((path, canonical))
        defer { open.removeLast() }
        onRead(path)
        do throws(PolicyError) {
            let bytes = try YAMLText.bytes(ofFile: path, limits: source.limits)
            digests.append(source.digest(bytes))
            var decoder = PolicyDecoder(packs: self, file: path)
            let rules = try decode(bytes, file: path, with: &decoder) { decoder, root in decoder.pack(root) }
            known[canonical] = rules
            return rules
        } catch {
            guard error.kind == .invalid else { throw .unreadable(error.diagnostics.first?.message ?? "") }
            diagnostics += error.diagnostics
            throw .invalid
        }
    }

    /// Reads a file of the policy, with the values of the environment in it.
    func decode<Value>(
        _ bytes: [UInt8],
        file: String,
        with decoder: inout PolicyDecoder,
        _ body: (inout PolicyDecoder, YAMLNode) -> Value
    ) throws(PolicyError) -> Value {
        var found: Variables? = Variables(source.environment, limits: source.limits)
        defer { variables.merge(found?.values ?? [:]) { first, _ in first } }
        let text = YAMLText(bytes: bytes, file: file, limits: source.limits)
        return try text.decode(with: &decoder, variables: &found, body)
    }
}

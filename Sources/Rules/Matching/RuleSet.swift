package import GuardCore
package import Policy

/// A policy's rules, compiled once: immutable and shared by all threads.
///
/// Keywords are looked for in canonical views. Regular expressions are tried on every view (the text, its canonical form,
/// what is encoded in either), but only where a string that their matches must contain was seen. One pass over a view
/// finds all keywords and all such strings.
package struct RuleSet: Sendable {
    /// What a string of the automaton stands for.
    private enum Target: Sendable {
        case keyword(rule: Int, index: Int)
        /// A string that the matches of a regular expression contain.
        case literal(regex: Int, rule: Int)
    }

    private struct Regex: Sendable {
        var rule: Int
        var matcher: RegexMatcher
    }

    private let rules: [CompiledRule]
    private let regexes: [Regex]
    /// Regular expressions without a known string: they run on every view.
    private let unfiltered: [Int]
    /// False if every regular expression runs on all of every text.
    private let isFiltered: Bool
    private let automaton: AhoCorasick
    private let targets: [Target]
    /// By phase and role: whether each rule reads it; a combination that no rule reads is missing.
    private let readers: [Reader: [Bool]]

    private struct Reader: Hashable {
        var phase: Phase
        var role: Role
    }

    /// - Throws: `RuleError` for the first rule that cannot be compiled.
    package init(_ rules: [Rule]) throws(RuleError) {
        try self.init(rules, isFiltered: true)
    }

    /// - Parameter isFiltered: false to run every regular expression on every text, as the reference in tests.
    package init(_ rules: [Rule], isFiltered: Bool) throws(RuleError) {
        var compiled: [CompiledRule] = []
        for rule in rules { compiled.append(try CompiledRule(rule)) }
        var strings: [[UInt8]] = []
        var targets: [Target] = []
        var regexes: [Regex] = []
        var unfiltered: [Int] = []
        for (number, rule) in compiled.enumerated() {
            for (index, keyword) in rule.keywords.enumerated() {
                strings.append(keyword.folded)
                targets.append(.keyword(rule: number, index: index))
            }
            for matcher in rule.regexes {
                if isFiltered, let literals = matcher.expression.requiredLiterals {
                    strings += literals
                    targets += literals.map { _ in .literal(regex: regexes.count, rule: number) }
                } else {
                    unfiltered.append(regexes.count)
                }
                regexes.append(Regex(rule: number, matcher: matcher))
            }
        }
        var readers: [Reader: [Bool]] = [:]
        for phase in Phase.allCases {
            for role in Role.allCases {
                let reads = compiled.map { $0.reads(role, in: phase) }
                if reads.contains(true) { readers[Reader(phase: phase, role: role)] = reads }
            }
        }
        self.readers = readers
        self.isFiltered = isFiltered
        self.rules = compiled
        self.regexes = regexes
        self.unfiltered = unfiltered
        self.targets = targets
        automaton = AhoCorasick(strings)
    }

    package var isEmpty: Bool { rules.isEmpty }

    /// Where the rules match, by segment, then in the order of the rules, then by position.
    ///
    /// The spans of one rule in one segment are disjoint and hold whole Unicode scalars. There are at most 256; if there
    /// were more, the last reaches to the end of the text.
    package func matches(in segments: [TextSegment], phase: Phase) -> [RuleMatch] {
        guard !rules.isEmpty else { return [] }
        return matches(in: segments, views: segments.map { TextViews($0.text) }, phase: phase)
    }

    /// The same on views that were computed before, one for each segment.
    package func matches(in segments: [TextSegment], views: [TextViews], phase: Phase) -> [RuleMatch] {
        var found: [RuleMatch] = []
        for (index, (segment, views)) in zip(segments, views).enumerated() {
            guard let active = readers[Reader(phase: phase, role: segment.role)] else { continue }
            for (rule, spans) in spans(in: views.views, active: active) {
                found += spans.map { RuleMatch(ruleID: rules[rule].id, segment: index, span: $0) }
            }
        }
        return found
    }

    /// Ids of the rules that match each view by itself, in the order of the rules: which reading of a text gave it away.
    package func rulesByView(of views: TextViews, role: Role, phase: Phase) -> [[String]] {
        guard let active = readers[Reader(phase: phase, role: role)] else { return views.views.map { _ in [] } }
        return views.views.map { view in
            spans(in: [view], of: views.views.first, active: active).map { rules[$0.rule].id }
        }
    }

    /// Runs a rule's own tests. A test's text is read by whatever phase and role the rule names.
    package static func runTests(of rule: Rule) throws(RuleError) -> [RuleTestFailure] {
        let set = try RuleSet([rule])
        return rule.tests.enumerated().compactMap { index, test in
            let spans = set.spans(in: TextViews(test.text).views, active: [true])
            let matches = !spans.isEmpty
            return matches == test.matches ? nil : RuleTestFailure(ruleID: rule.id, index: index, test: test)
        }
    }

    /// Where rules match the original text, in the order of the rules; those that do not are missing. What a text costs
    /// depends on what is in it and not on how many rules there are.
    ///
    /// - Parameters:
    ///   - views: some or all of one text's.
    ///   - original: the text itself, which the spans are in; the first view unless it is given.
    private func spans(
        in views: [TextView],
        of original: TextView? = nil,
        active: [Bool]
    ) -> [(rule: Int, spans: [Range<Int>])] {
        guard let original = original ?? views.first else { return [] }
        var found: [Int: SpanList] = [:]
        var isWanted = Array(repeating: false, count: regexes.count)
        for view in views {
            var wanted: [Int] = []
            automaton.search(view.folded.bytes) { string, end in
                switch targets[string] {
                case .literal(let regex, let rule):
                    guard !isWanted[regex], active[rule] else { return }
                    isWanted[regex] = true
                    wanted.append(regex)
                case .keyword(let rule, let index):
                    guard view.isCanonical, active[rule] else { return }
                    let keyword = rules[rule].keywords[index]
                    let span = (end - keyword.folded.count)..<end
                    guard keyword.stands(in: view.folded.bytes, at: span) else { return }
                    found[rule, default: SpanList()].append(view.source(of: view.folded.map.source(of: span)))
                }
            }
            for index in wanted { isWanted[index] = false }
            for index in unfiltered where active[regexes[index].rule] { wanted.append(index) }
            guard !wanted.isEmpty else { continue }
            view.bytes.withUnsafeBufferPointer { bytes in
                let blocks = isFiltered ? ByteBlocks(bytes) : nil
                for index in wanted {
                    let regex = regexes[index]
                    let matches = regex.matcher.matches(in: bytes, limit: SpanList.limit, blocks: blocks)
                    guard !matches.spans.isEmpty || matches.stop != nil else { continue }
                    Self.add(matches, in: view, to: &found[regex.rule, default: SpanList()])
                }
            }
        }
        guard !found.isEmpty else { return [] }
        let escapes = JSONParts.escapes(around: found.values.flatMap(\.bounds), in: original.bytes)
        return found.map { ($0, $1.resolved(in: original.bytes, escapes: escapes)) }
            .filter { !$0.1.isEmpty }
            .sorted { $0.0 < $1.0 }
    }

    private static func add(_ matches: LinearRegex.Matches, in view: TextView, to found: inout SpanList) {
        for span in matches.spans { found.append(view.source(of: span)) }
        // What was not searched counts as matched.
        if let stop = matches.stop {
            found.append(view.source(of: (matches.spans.last?.lowerBound ?? stop)..<view.bytes.count))
        }
    }
}

import GuardCore
package import Policy

/// The text of a policy file, in which thresholds can be changed and nothing else: comments, order and spacing stay.
package struct ThresholdText {
    private let source: SourceText
    private let hasMark: Bool
    private let root: YAMLNode

    /// Why a threshold cannot be changed where it stands.
    package enum Obstacle: Error, Sendable, Equatable {
        /// The category has none of its own: it comes from `defaults` or `others`.
        case inherited
        /// More than one category reads it there.
        case shared
        /// A variable of the environment gives it.
        case variable

        package var words: String {
            switch self {
            case .inherited: "it comes from 'defaults' or 'others': give the category a threshold of its own"
            case .variable: "a variable of the environment gives it"
            case .shared: "other categories share it through an anchor: give the category a threshold of its own"
            }
        }
    }

    /// - Parameters:
    ///   - bytes: a valid policy.
    ///   - file: the name that diagnostics give.
    /// - Throws: `PolicyError` if this is no YAML text.
    package init(bytes: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()) throws(PolicyError) {
        source = try SourceText(bytes: bytes, file: file, maximumBytes: limits.bytes)
        hasMark = source.bytes.count < bytes.count
        let document = YAMLDocument(source.bytes, limits: limits)
        guard let root = document.root else { throw source.error(document.problems) }
        self.root = root
    }

    /// The text with these thresholds in it.
    ///
    /// - Returns: the bytes of the new file, and the thresholds that were left as they are.
    package func setting(
        _ thresholds: [ThresholdKey: Double]
    ) -> (bytes: [UInt8], left: [ThresholdKey: Obstacle]) {
        var left: [ThresholdKey: Obstacle] = [:]
        var edits: [(range: Range<Int>, text: String)] = []
        let places = places
        let aliased = root.aliasedMarks
        for (key, threshold) in thresholds {
            guard let node = places[key] else {
                left[key] = .inherited
                continue
            }
            guard !aliased.contains(node.mark) else {
                left[key] = .shared
                continue
            }
            guard node.text?.contains("${") != true else {
                left[key] = .variable
                continue
            }
            let start = source.offset(of: node.mark)
            edits.append((start..<start + (node.text ?? "").utf8.count, "\(threshold)"))
        }
        var bytes = source.bytes
        for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
            bytes.replaceSubrange(edit.range, with: edit.text.utf8)
        }
        return ((hasMark ? [0xEF, 0xBB, 0xBF] : []) + bytes, left)
    }

    /// The thresholds that stand in the text by themselves: plain scalars, written as they are read.
    private var places: [ThresholdKey: YAMLNode] {
        var places: [ThresholdKey: YAMLNode] = [:]
        for phase in Phase.allCases {
            let phaseNode = root[phase.rawValue]
            places[ThresholdKey(phase, nil)] = phaseNode?["overall"]?["threshold"]
            for category in HarmCategory.allCases {
                places[ThresholdKey(phase, category)] = phaseNode?["categories"]?[category.rawValue]?["threshold"]
            }
        }
        return places
    }
}

extension YAMLNode {
    /// Where everything stands that is an alias or that an alias stands for.
    fileprivate var aliasedMarks: Set<SourceMark> {
        var marks: Set<SourceMark> = []
        collectAliases(isInside: false, into: &marks)
        return marks
    }

    private func collectAliases(isInside: Bool, into marks: inout Set<SourceMark>) {
        if let origin { marks.formUnion([mark, origin]) }
        if isInside { marks.insert(mark) }
        let isInside = isInside || origin != nil
        switch content {
        case .sequence(let items): for item in items { item.collectAliases(isInside: isInside, into: &marks) }
        case .mapping(let entries):
            // What a merge key brought in stands elsewhere.
            for entry in entries {
                let isMerged = !isInside && entry.key.mark < mark
                entry.value.collectAliases(isInside: isInside || isMerged, into: &marks)
            }
        case .scalar, .refused: break
        }
    }
}

/// A byte that every match of an expression holds near its beginning, by its kind: where no such byte is, no match begins.
struct RequiredByte: Sendable, Equatable {
    /// Kinds of `ByteBlocks`; the byte is of one of them.
    var kinds: UInt8
    /// Bytes between the beginning of a match and this byte, at the most; nil if there is no bound.
    var reach: Int?

    /// nil if the kinds of all such bytes are in every text.
    static func ofEveryMatch(_ node: RegexNode) -> RequiredByte? {
        guard let best = best(node, after: 0), best.cost < uselessCost else { return nil }
        return best
    }

    /// From here on a kind is in nearly every block of a text.
    private static let uselessCost = 60
    private static let costs: [(kind: UInt8, cost: Int)] = [
        (ByteBlocks.lowerCase, 100), (ByteBlocks.space, 60), (ByteBlocks.sign, 30), (ByteBlocks.foreign, 20),
        (ByteBlocks.upperCase, 12), (ByteBlocks.digit, 8), (ByteBlocks.colon, 3), (ByteBlocks.at, 1),
    ]

    /// How common the kinds are.
    private var cost: Int { Self.costs.reduce(0) { $0 + (kinds & $1.kind == 0 ? 0 : $1.cost) } }

    /// The rarest byte that every match of the node holds; of equally rare ones the nearest.
    private static func best(_ node: RegexNode, after reach: Int?) -> RequiredByte? {
        switch node {
        case .empty, .assertion: return nil
        case .scalar(let set): return RequiredByte(kinds: kinds(of: set), reach: reach)
        case .concatenation(let parts):
            var found: RequiredByte?
            var reach = reach
            for part in parts {
                found = better(found, best(part, after: reach))
                reach = sum(reach, longest(part))
            }
            return found
        case .alternation(let branches):
            var joined = RequiredByte(kinds: 0, reach: 0)
            for branch in branches {
                guard let found = best(branch, after: reach) else { return nil }
                joined.kinds |= found.kinds
                joined.reach = found.reach.flatMap { next in joined.reach.map { max($0, next) } }
            }
            return joined
        case .repetition(let body, let minimum, _, _): return minimum == 0 ? nil : best(body, after: reach)
        }
    }

    private static func better(_ first: RequiredByte?, _ second: RequiredByte?) -> RequiredByte? {
        guard let first else { return second }
        guard let second, second.cost < first.cost else { return first }
        return second
    }

    private static func kinds(of set: ScalarSet) -> UInt8 {
        var kinds: UInt8 = 0
        for range in set.ranges {
            if range.upperBound >= 0x80 { kinds |= ByteBlocks.foreign }
            guard range.lowerBound < 0x80 else { continue }
            for value in range.lowerBound...min(range.upperBound, 0x7F) { kinds |= ByteBlocks.kind(UInt8(value)) }
        }
        return kinds
    }

    /// Bytes of the longest match; nil if there is no bound.
    private static func longest(_ node: RegexNode) -> Int? {
        switch node {
        case .empty, .assertion: return 0
        case .scalar(let set):
            let last = set.ranges.last?.upperBound ?? 0
            return last < 0x80 ? 1 : last < 0x800 ? 2 : last < 0x10000 ? 3 : 4
        case .concatenation(let parts): return parts.reduce(0) { sum($0, longest($1)) }
        case .alternation(let branches):
            return branches.reduce(0) { longest, branch in
                longest.flatMap { longest in Self.longest(branch).map { max(longest, $0) } }
            }
        case .repetition(let body, _, let maximum, _):
            guard let maximum, let length = longest(body) else { return nil }
            let (product, overflow) = length.multipliedReportingOverflow(by: maximum)
            return overflow ? nil : product
        }
    }

    private static func sum(_ first: Int?, _ second: Int?) -> Int? {
        guard let first, let second else { return nil }
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : sum
    }
}

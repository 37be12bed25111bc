package import Policy
import Rules

/// Puts the caller's words back where a text holds the placeholders that went to the LLM, in whatever pieces the text comes.
package struct PlaceholderRestorer: Sendable {
    /// By placeholder.
    private let originals: [[UInt8]: [UInt8]]
    /// Of the placeholders, the longest first.
    private let lengths: [Int]
    /// By byte: whether a placeholder begins with it.
    private let begins: [Bool]
    private var pending: [UInt8] = []

    /// - Parameter isJSON: whether the text is JSON, so that the words stand in its strings.
    package init(_ restorations: [Decision.Restoration], isJSON: Bool = false) {
        var originals: [[UInt8]: [UInt8]] = [:]
        var begins = Array(repeating: false, count: 256)
        for restoration in restorations {
            let original = isJSON ? JSONEscapes.escaped(restoration.original) : Array(restoration.original.utf8)
            let placeholder = Array(restoration.placeholder.utf8)
            originals[placeholder] = original
            if let first = placeholder.first { begins[Int(first)] = true }
        }
        self.originals = originals
        self.begins = begins
        lengths = Set(originals.keys.map(\.count)).sorted(by: >)
    }

    /// - Returns: what may go on: all but an end that may be the beginning of a placeholder.
    package mutating func append(_ text: String) -> String {
        pending += text.utf8
        return take(isEnd: false)
    }

    /// - Returns: what was kept back.
    package mutating func finish() -> String { take(isEnd: true) }

    package static func restore(_ text: String, _ restorations: [Decision.Restoration], isJSON: Bool = false) -> String
    {
        guard !restorations.isEmpty else { return text }
        var restorer = PlaceholderRestorer(restorations, isJSON: isJSON)
        let start = restorer.append(text)
        return start + restorer.finish()
    }

    private mutating func take(isEnd: Bool) -> String {
        var result: [UInt8] = []
        var position = 0
        scan: while position < pending.count {
            if begins[Int(pending[position])] {
                let rest = pending[position...]
                if !isEnd, rest.count < lengths[0],
                    originals.keys.contains(where: { $0.count > rest.count && $0.starts(with: rest) })
                {
                    break scan
                }
                for length in lengths where length <= rest.count {
                    guard let original = originals[Array(rest.prefix(length))] else { continue }
                    result += original
                    position += length
                    continue scan
                }
            }
            result.append(pending[position])
            position += 1
        }
        pending.removeFirst(position)
        return String(decoding: result, as: UTF8.self)
    }
}

extension YAMLDecoding {
    /// A text with something in it. Numbers and words like `no` are texts too where a text is asked for.
    package mutating func text(_ node: YAMLNode, _ what: String) -> String? {
        guard !node.isRefused else { return nil }
        guard let text = node.text, !node.isNull else {
            note(node, "\(what) must be a text, not \(node.kind)")
            return nil
        }
        guard text.contains(where: { !$0.isWhitespace }) else {
            note(node, "\(what) is empty")
            return nil
        }
        return text
    }

    /// The name of a file. The system takes it to end at a null character: what stands behind one, such as the kind of the file,
    /// would be checked and never used.
    package mutating func fileName(_ node: YAMLNode, _ what: String) -> String? {
        guard let name = text(node, what) else { return nil }
        guard !name.utf8.contains(0) else {
            note(node, "\(what) must not hold a null character")
            return nil
        }
        return name
    }

    /// A score, 0...1, as a plain decimal number.
    package mutating func score(_ node: YAMLNode, _ what: String) -> Double? {
        guard !node.isRefused else { return nil }
        guard case .scalar(let text, let isPlain) = node.content, !node.isNull else {
            note(node, "\(what) must be a number between 0 and 1, not \(node.kind)")
            return nil
        }
        guard isPlain else {
            let hint = Self.decimal(text) == nil ? nil : "remove the quotes"
            note(node, "\(what) must be a number between 0 and 1, not \(node.kind)", hint: hint)
            return nil
        }
        guard let number = Self.decimal(text), (0...1).contains(number) else {
            note(node, "\(what) must be a number between 0 and 1, not \(node.kind)", hint: Self.scoreHint(text))
            return nil
        }
        return number
    }

    /// A whole number in decimal digits.
    package mutating func whole(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard !node.isRefused else { return nil }
        if case .scalar(let text, isPlain: true) = node.content, text.allSatisfy({ $0.isASCII && $0.isNumber }),
            let number = Int(text), range.contains(number)
        {
            return number
        }
        note(
            node,
            "\(what) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(node.kind)"
        )
        return nil
    }

    /// One word out of a fixed set.
    package mutating func choice<Value>(_ node: YAMLNode, _ what: String) -> Value?
    where Value: RawRepresentable<String> & CaseIterable {
        guard let word = text(node, what) else { return nil }
        if let value = Value(rawValue: word) { return value }
        let known = Value.allCases.map(\.rawValue)
        note(node, "unknown \(what) '\(word.clipped)'", hint: Suggestion.hint(for: word, among: known))
        return nil
    }

    /// A list of words out of a fixed set, each at most once, at least one.
    package mutating func choices<Value>(_ node: YAMLNode, _ what: String, each: String) -> Set<Value>?
    where Value: RawRepresentable<String> & CaseIterable & Hashable {
        guard let items = list(node, what) else { return nil }
        var values: Set<Value> = []
        for item in items {
            guard let value: Value = choice(item, each) else { continue }
            if !values.insert(value).inserted { note(item, "'\(value.rawValue)' is given twice in \(what)") }
        }
        return values
    }

    /// A list with something in it.
    package mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
        guard !node.isRefused else { return nil }
        guard case .sequence(let items) = node.content else {
            let hint = node.isNull ? nil : node.text.map { "write [\($0.clipped)]" }
            note(node, "\(what) must be a list, not \(node.kind)", hint: hint)
            return nil
        }
        if items.isEmpty { note(node, "\(what) is empty", hint: "name at least one, or leave the key out") }
        return items
    }

    /// A plain decimal number: no hexadecimal, no "nan", no digits grouped by underscores.
    private static func decimal(_ text: String) -> Double? {
        text.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) } ? Double(text) : nil
    }

    private static func scoreHint(_ text: String) -> String? {
        let isPercent = text.hasSuffix("%")
        if let number = decimal(String(isPercent ? text.dropLast() : text[...])), number >= 2 || isPercent {
            return (0...100).contains(number) ? "a score is a probability: \(number / 100)" : nil
        }
        let pointed = String(text.map { $0 == "," ? "." : $0 })
        return pointed != text && decimal(pointed) != nil ? "write \(pointed)" : nil
    }
}

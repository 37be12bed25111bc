import GuardCore

/// Numbered placeholders for the masked words of one request.
///
/// The same words have the same placeholder wherever they stand, numbered by their first place: a conversation that goes on is
/// masked alike each time. A number whose placeholder the caller has written is passed over, so that nothing is put back for
/// what was never taken out.
struct MaskTable {
    private(set) var restorations: [Decision.Restoration] = []
    private let segments: [TextSegment]
    private var placeholders: [[String]: String] = [:]
    private var numbers: [String: Int] = [:]

    init(_ segments: [TextSegment]) { self.segments = segments }

    mutating func placeholder(for span: Range<Int>, of segment: Int, label: String) -> String {
        let bytes = Array(segments[segment].text.utf8)
        let original = String(decoding: bytes[span.clamped(to: 0..<bytes.count)], as: UTF8.self)
        if let known = placeholders[[label, original]] { return known }
        var placeholder: String
        repeat {
            numbers[label, default: 0] += 1
            placeholder = Self.numbered(label, numbers[label, default: 1])
        } while segments.contains { $0.text.contains(placeholder) }
        placeholders[[label, original]] = placeholder
        restorations.append(Decision.Restoration(placeholder: placeholder, original: original))
        return placeholder
    }

    /// `[email]` and 2 make `[email-2]`.
    private static func numbered(_ label: String, _ number: Int) -> String {
        guard let last = label.last, ")]}>".contains(last) else { return "\(label)-\(number)" }
        return "\(label.dropLast())-\(number)\(last)"
    }
}

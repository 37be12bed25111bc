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
    /// By label: the numbers whose placeholders the caller has written.
    private var written: [String: Set<Int>] = [:]

    init(_ segments: [TextSegment]) { self.segments = segments }

    mutating func placeholder(for span: Range<Int>, of segment: Int, label: String) -> String {
        let bytes = segments[segment].text.utf8
        let original = String(decoding: bytes.dropFirst(span.lowerBound).prefix(span.count), as: UTF8.self)
        if let known = placeholders[[label, original]] { return known }
        let taken = written[label] ?? Self.numbers(of: label, in: segments)
        written[label] = taken
        var number = numbers[label, default: 0] + 1
        while taken.contains(number) { number += 1 }
        numbers[label] = number
        let placeholder = Self.numbered(label, number)
        placeholders[[label, original]] = placeholder
        restorations.append(Decision.Restoration(placeholder: placeholder, original: original))
        return placeholder
    }

    /// `[email]` and 2 make `[email-2]`.
    private static func numbered(_ label: String, _ number: Int) -> String {
        let (start, end) = parts(of: label)
        return "\(start)\(number)\(end)"
    }

    /// What stands before the number and behind it.
    private static func parts(of label: String) -> (start: String, end: String) {
        guard let last = label.last, ")]}>".contains(last) else { return ("\(label)-", "") }
        return ("\(label.dropLast())-", String(last))
    }

    /// Digits of a number that a placeholder may have: nobody masks so much in one request.
    private static let mostDigits = 9

    /// The numbers of the label's placeholders that the texts hold, found in one pass: a search for each would let a caller who
    /// writes many make the work grow with their square.
    private static func numbers(of label: String, in segments: [TextSegment]) -> Set<Int> {
        let (start, end) = (Array(parts(of: label).start.utf8), Array(parts(of: label).end.utf8))
        var found: Set<Int> = []
        for segment in segments {
            var text = segment.text
            text.withUTF8 { bytes in
                var position = 0
                while position + start.count < bytes.count {
                    guard bytes[position] == start[0], bytes[position...].starts(with: start) else {
                        position += 1
                        continue
                    }
                    position += start.count
                    var number = 0
                    var digits = 0
                    while position < bytes.count, digits < mostDigits, (0x30...0x39).contains(bytes[position]) {
                        number = number * 10 + Int(bytes[position] - 0x30)
                        digits += 1
                        position += 1
                        // `email-12` holds `email-1` where nothing closes a placeholder.
                        if end.isEmpty { found.insert(number) }
                    }
                    if digits > 0, bytes[position...].starts(with: end) { found.insert(number) }
                }
            }
        }
        return found
    }
}

/// The parameters behind the question mark of a request's target.
struct AdminQuery {
    private var values: [String: String] = [:]

    init(_ target: String) {
        guard let mark = target.firstIndex(of: "?") else { return }
        for pair in target[target.index(after: mark)...].split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap(Self.decoded), parts.count == 2, let value = Self.decoded(parts[1]),
                !value.isEmpty
            else { continue }
            values[name] = value
        }
    }

    subscript(name: String) -> String? { values[name] }

    /// Held to the range; the default where it is no number.
    func integer(_ name: String, _ otherwise: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = values[name], let value = Int(text) else { return otherwise }
        return min(max(value, range.lowerBound), range.upperBound)
    }

    /// nil where an escape is not one, or the bytes are no text.
    static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else {
                    return nil
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

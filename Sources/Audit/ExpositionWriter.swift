/// Writes the Prometheus text exposition format, version 0.0.4.
struct ExpositionWriter {
    private(set) var text = ""

    mutating func header(name: String, help: String, type: String) {
        text += "# HELP \(name) \(Self.escape(help, quotes: false))\n"
        text += "# TYPE \(name) \(type)\n"
    }

    mutating func sample(name: String, labels: [(name: String, value: String)], value: String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels.map { "\($0.name)=\"\(Self.escape($0.value, quotes: true))\"" }.joined(separator: ",")
            text += "}"
        }
        text += " \(value)\n"
    }

    /// A number as the format writes it: `+Inf`, `-Inf` and `NaN` have their own words, whole numbers no fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }

    /// Help text escapes the reverse solidus and line feed; label values the quote too.
    static func escape(_ value: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    static func isMetricName(_ name: String) -> Bool { isName(name, colons: true) }

    /// Names that begin with two underscores are Prometheus's own.
    static func isLabelName(_ name: String) -> Bool { isName(name, colons: false) && !name.hasPrefix("__") }

    private static func isName(_ name: String, colons: Bool) -> Bool {
        for (index, scalar) in name.unicodeScalars.enumerated() {
            switch scalar {
            case "a"..."z", "A"..."Z", "_": continue
            case "0"..."9" where index > 0: continue
            case ":" where colons: continue
            default: return false
            }
        }
        return !name.isEmpty
    }
}

/// Numbers of JSON as texts.
enum NumberText {
    /// The fewest digits of a number that can be somebody's: of a telephone, a card, an account.
    private static let leastDigits = 7
    /// The largest exponent that is written out.
    private static let mostPlaces = 40 as UInt

    /// The number as a rule can read it, without an exponent; nil if it has too few digits to tell anything.
    ///
    /// - Parameter number: as RFC 8259 has it.
    static func telling(_ number: String) -> String? {
        let text = plain(number)
        return text.utf8.count(where: { (0x30...0x39).contains($0) }) >= leastDigits ? text : nil
    }

    /// `4.111e3` and `41110e-1` are `4111`; what is far too large or small for that stays as it is.
    private static func plain(_ number: String) -> String {
        guard let mark = number.firstIndex(where: { $0 == "e" || $0 == "E" }),
            let exponent = Int(number[number.index(after: mark)...]), exponent.magnitude <= mostPlaces
        else { return number }
        let isNegative = number.hasPrefix("-")
        let mantissa = number[..<mark].drop { $0 == "-" }
        let whole = mantissa.prefix { $0 != "." }
        let fraction = mantissa.dropFirst(whole.count + 1)
        var digits = Array(whole + fraction)
        var point = whole.count + exponent
        if point > digits.count { digits += Array(repeating: "0", count: point - digits.count) }
        if point < 1 {
            digits = Array(repeating: "0", count: 1 - point) + digits
            point = 1
        }
        let rest = digits[point...].reversed().drop { $0 == "0" }.reversed()
        let front = String(digits[..<point])
        return (isNegative ? "-" : "") + (rest.isEmpty ? front : front + "." + String(rest))
    }
}

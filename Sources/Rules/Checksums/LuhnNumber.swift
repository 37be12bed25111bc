/// Numbers whose last digit follows from the others: from the right, every second digit counts double, a doubled digit
/// above nine by its own digits, and the sum ends in 0 (ISO/IEC 7812-1, annex B).
enum LuhnNumber {
    /// Digits of the number of a payment card.
    static let length = 12...19

    /// - Parameter text: digits, and whatever groups them.
    static func isValid(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        var count = 0
        var sum = 0
        var isZero = true
        for byte in text.reversed() {
            guard case let digit = Int(byte) - 0x30, (0...9).contains(digit) else { continue }
            count += 1
            if digit != 0 { isZero = false }
            let weighted = count.isMultiple(of: 2) ? 2 * digit : digit
            sum += weighted > 9 ? weighted - 9 : weighted
        }
        return length.contains(count) && !isZero && sum.isMultiple(of: 10)
    }
}

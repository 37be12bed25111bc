#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A point in UTC to the millisecond.
package struct AuditTime: Sendable, Hashable, Comparable {
    /// Since 1970-01-01T00:00:00Z, leap seconds not counted.
    package var millisecondsSinceEpoch: Int64

    package init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// What the system's clock says.
    package static func now() -> AuditTime {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return AuditTime(millisecondsSinceEpoch: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
    }

    package static func < (lhs: Self, rhs: Self) -> Bool {
        lhs.millisecondsSinceEpoch < rhs.millisecondsSinceEpoch
    }

    /// As RFC 3339 with three digits of the second's fraction: `2026-11-23T20:41:07.042Z`.
    ///
    /// The years 0000 to 9999 are all that RFC 3339 can write; times outside become the nearest that it can.
    package var rfc3339: String {
        let earliest: Int64 = -62_167_219_200_000
        let latest: Int64 = 253_402_300_799_999
        let time = min(max(millisecondsSinceEpoch, earliest), latest)
        let (days, millisecondOfDay) = Self.floorDivide(time, 86_400_000)
        let (year, month, day) = Self.civil(daysSinceEpoch: days)
        let second = millisecondOfDay / 1000
        return String(unsafeUninitializedCapacity: 24) { text in
            var length = 0
            func append(_ byte: UInt8) {
                text.initializeElement(at: length, to: byte)
                length += 1
            }
            func append(_ value: Int64, digits: Int64) {
                var weight: Int64 = 1
                for _ in 1..<digits { weight *= 10 }
                while weight > 0 {
                    append(UInt8(ascii: "0") + UInt8(value / weight % 10))
                    weight /= 10
                }
            }
            append(year, digits: 4)
            append(UInt8(ascii: "-"))
            append(month, digits: 2)
            append(UInt8(ascii: "-"))
            append(day, digits: 2)
            append(UInt8(ascii: "T"))
            append(second / 3600, digits: 2)
            append(UInt8(ascii: ":"))
            append(second / 60 % 60, digits: 2)
            append(UInt8(ascii: ":"))
            append(second % 60, digits: 2)
            append(UInt8(ascii: "."))
            append(millisecondOfDay % 1000, digits: 3)
            append(UInt8(ascii: "Z"))
            return length
        }
    }

    /// The same to the second, without punctuation: `20261123T204107Z`. For names of files.
    package var compact: String {
        rfc3339.prefix { $0 != "." }.filter { $0 != "-" && $0 != ":" } + "Z"
    }

    /// Reads RFC 3339 (`2026-11-23T20:41:07Z`, with or without a fraction, with any offset) or a day (`2026-11-23`), which
    /// stands for its first moment in UTC. Nil for anything else. What is finer than a millisecond is cut off.
    package init?(rfc3339 text: String) {
        var rest = text.utf8[...]
        guard let year = Self.number(4, &rest), Self.take("-", &rest), let month = Self.number(2, &rest),
            Self.take("-", &rest), let day = Self.number(2, &rest), (1...12).contains(month), day >= 1,
            Self.civil(daysSinceEpoch: Self.days(year, month, day)) == (year, month, day)
        else { return nil }
        var milliseconds = Self.days(year, month, day) * 86_400_000
        guard !rest.isEmpty else {
            self.init(millisecondsSinceEpoch: milliseconds)
            return
        }
        guard Self.take("T", &rest) || Self.take("t", &rest) || Self.take(" ", &rest),
            let hour = Self.number(2, &rest), Self.take(":", &rest), let minute = Self.number(2, &rest),
            Self.take(":", &rest), let second = Self.number(2, &rest), hour < 24, minute < 60, second <= 60
        else { return nil }
        milliseconds += ((hour * 60 + minute) * 60 + second) * 1000
        if Self.take(".", &rest) {
            let digits = rest.prefix { (48...57).contains($0) }
            guard !digits.isEmpty else { return nil }
            for (digit, weight) in zip(digits, [100, 10, 1] as [Int64]) { milliseconds += Int64(digit - 48) * weight }
            rest = rest.dropFirst(digits.count)
        }
        if !(Self.take("Z", &rest) || Self.take("z", &rest)) {
            let isEast = Self.take("+", &rest)
            guard isEast || Self.take("-", &rest), let hours = Self.number(2, &rest), Self.take(":", &rest),
                let minutes = Self.number(2, &rest), hours < 24, minutes < 60
            else { return nil }
            milliseconds += (hours * 60 + minutes) * (isEast ? -60_000 : 60_000)
        }
        guard rest.isEmpty else { return nil }
        self.init(millisecondsSinceEpoch: milliseconds)
    }

    /// Reads what `compact` writes; nil for anything else.
    package init?(compact text: String) {
        let digits = Array(text)
        guard digits.count == 16 else { return nil }
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        self.init(rfc3339: "\(part(0..<4))-\(part(4..<6))-\(part(6..<11)):\(part(11..<13)):\(part(13..<16))")
    }

    private static func number(_ digits: Int, _ rest: inout Substring.UTF8View) -> Int64? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ (48...57).contains($0) }) else { return nil }
        rest = rest.dropFirst(digits)
        return text.reduce(0) { $0 * 10 + Int64($1 - 48) }
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout Substring.UTF8View) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// The inverse of `civil`.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let fromMarch = month > 2 ? month - 3 : month + 9
        let (era, yearOfEra) = floorDivide(month > 2 ? year : year - 1, 400)
        let dayOfYear = (153 * fromMarch + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The proleptic Gregorian date. Years are counted from 1 March so that the leap day comes last in its year, and in
    /// eras of 400 years, which all have the same number of days.
    private static func civil(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(daysSinceEpoch + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    /// Division that rounds towards minus infinity; `Int64`'s own rounds towards zero.
    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

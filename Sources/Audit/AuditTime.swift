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
        var text = ""
        text.reserveCapacity(24)
        Self.append(year, digits: 4, to: &text)
        text += "-"
        Self.append(month, digits: 2, to: &text)
        text += "-"
        Self.append(day, digits: 2, to: &text)
        text += "T"
        Self.append(second / 3600, digits: 2, to: &text)
        text += ":"
        Self.append(second / 60 % 60, digits: 2, to: &text)
        text += ":"
        Self.append(second % 60, digits: 2, to: &text)
        text += "."
        Self.append(millisecondOfDay % 1000, digits: 3, to: &text)
        text += "Z"
        return text
    }

    private static func append(_ value: Int64, digits: Int, to text: inout String) {
        let plain = String(value)
        for _ in plain.utf8.count..<max(digits, plain.utf8.count) { text += "0" }
        text += plain
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

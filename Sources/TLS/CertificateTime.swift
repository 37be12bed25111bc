import COpenSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A moment as certificates tell it: whole seconds, UTC.
package struct CertificateTime: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var secondsSinceEpoch: Int64

    package init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = secondsSinceEpoch
    }

    /// The moment the clock of this machine shows.
    package static var now: CertificateTime {
        CertificateTime(secondsSinceEpoch: Int64(time(nil)))
    }

    /// Reads a field of a certificate; nil if it is not a time.
    init?(_ time: UnsafePointer<ASN1_TIME>?) {
        var parts = tm()
        guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
        self.init(secondsSinceEpoch: Int64(timegm(&parts)))
    }

    package static func < (left: CertificateTime, right: CertificateTime) -> Bool {
        left.secondsSinceEpoch < right.secondsSinceEpoch
    }

    package func adding(seconds: Int64) -> CertificateTime {
        CertificateTime(secondsSinceEpoch: self.secondsSinceEpoch.addingReportingOverflow(seconds).partialValue)
    }

    package func adding(days: Int64) -> CertificateTime {
        self.adding(seconds: days.multipliedReportingOverflow(by: 86_400).partialValue)
    }

    /// ISO 8601, for example `2026-01-31T23:59:59Z`.
    package var description: String {
        var parts = tm()
        var seconds = time_t(self.secondsSinceEpoch)
        guard gmtime_r(&seconds, &parts) != nil else { return "\(self.secondsSinceEpoch) s since 1970" }
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let date = "\(Int(parts.tm_year) + 1900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
        return "\(date)T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec))Z"
    }
}

import Audit

extension Doctor {
    /// Seconds between two clocks that the way of an answer may explain.
    static let clockMargin: Int64 = 60

    /// Compares this machine's clock with what servers said that the time is, the one that is nearest.
    ///
    /// - Parameters:
    ///   - dates: their `Date` fields.
    ///   - now: this machine's time.
    /// - Returns: nil if none of them told the time.
    func clock(_ dates: [(server: String, date: String)], now: AuditTime = .now()) -> CheckResult? {
        let differences = dates.compactMap { server, date -> (server: String, seconds: Int64)? in
            guard let time = Self.time(date) else { return nil }
            return (server, (now.millisecondsSinceEpoch - time.millisecondsSinceEpoch) / 1000)
        }
        guard let nearest = differences.min(by: { abs($0.seconds) < abs($1.seconds) }) else { return nil }
        let seconds = abs(nearest.seconds)
        guard seconds > Self.clockMargin else {
            return .ok("clock", "within \(max(1, seconds)) s of that of \(nearest.server)")
        }
        let side = nearest.seconds < 0 ? "behind" : "ahead of"
        return .warning(
            "clock",
            "\(seconds) s \(side) that of \(nearest.server)",
            "set it, by NTP for instance: whether a certificate is valid is judged by it, and records are dated by it"
        )
    }

    /// Reads an IMF-fixdate (RFC 9110, 5.6.7), which all senders of today write: `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func time(_ date: String) -> AuditTime? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = date.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0].utf8.count == 4, words[0].hasSuffix(","), words[1].utf8.count == 2,
            let month = months.firstIndex(of: String(words[2])), words[3].utf8.count == 4, words[4].utf8.count == 8,
            words[5] == "GMT"
        else { return nil }
        return AuditTime(rfc3339: "\(words[3])-\(month < 9 ? "0" : "")\(month + 1)-\(words[1])T\(words[4])Z")
    }
}

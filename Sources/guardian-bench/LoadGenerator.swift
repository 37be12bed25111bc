import Foundation

/// Asks one question over and over through TLS, by `wrk` (HTTP/1.1) or `h2load` (HTTP/2), and tells how fast it was answered.
///
/// Both ask again as soon as they are answered, so their latencies under load say how long the queue of their own
/// making is. What a proxy adds is seen with one connection, and under `SteadyLoad`.
struct LoadGenerator {
    struct Result {
        /// Answers a second.
        var rate: Double
        /// Milliseconds; nil where the tool does not tell.
        var p50: Double?
        var p99: Double?
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let wrk: String
    /// nil where it is not installed.
    let h2load: String?
    private let script: URL
    private let body: URL
    let seconds: Int

    /// - Parameter body: of every request.
    init(folder: URL, body: String, seconds: Int) throws {
        guard let wrk = ChildProcess.find("wrk") else {
            throw Failure(description: "wrk is not installed (Debian: wrk)")
        }
        self.wrk = wrk
        self.h2load = ChildProcess.find("h2load")
        self.seconds = seconds
        self.script = folder.appendingPathComponent("post.lua")
        self.body = folder.appendingPathComponent("body.json")
        try Data(body.utf8).write(to: self.body)
        let lua = """
            wrk.method = "POST"
            wrk.body = [==[\(body)]==]
            wrk.headers["Content-Type"] = "application/json"
            """
        try Data(lua.utf8).write(to: self.script)
    }

    func http1(_ url: String, connections: Int) throws -> Result {
        let text = try ChildProcess.output(
            wrk,
            [
                "-t", "1", "-c", "\(connections)", "-d", "\(seconds)s", "--latency", "-s", script.path, url,
            ]
        )
        guard !text.contains("Non-2xx") && !text.contains("Socket errors"),
            let rate = Self.number(after: "Requests/sec:", in: text)
        else { throw Failure(description: "\(url) did not answer every request:\n\(text)") }
        return Result(
            rate: rate,
            p50: Self.milliseconds(after: "50%", in: text),
            p99: Self.milliseconds(after: "99%", in: text)
        )
    }

    func http2(_ url: String, connections: Int, streams: Int) throws -> Result? {
        guard let h2load else { return nil }
        let text = try ChildProcess.output(
            h2load,
            [
                "-t", "1", "-c", "\(connections)", "-m", "\(streams)", "-D", "\(seconds)", "-d", body.path, "-H",
                "content-type: application/json", url,
            ]
        )
        // `finished in 3.00s, 1234.56 req/s, 1.23MB/s` and `..., 0 failed, 0 errored, 0 timeout`.
        guard text.contains(" 0 failed, 0 errored, 0 timeout"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("finished in") }),
            let rate = line.split(separator: " ").dropFirst(3).first.flatMap({ Double($0) })
        else { throw Failure(description: "\(url) did not answer every request:\n\(text)") }
        return Result(rate: rate)
    }

    private static func number(after label: String, in text: String) -> Double? {
        word(after: label, in: text).flatMap { Double($0) }
    }

    /// Reads `1.23ms`, `456.00us` or `1.20s`.
    private static func milliseconds(after label: String, in text: String) -> Double? {
        guard let word = word(after: label, in: text) else { return nil }
        for (unit, factor) in [("us", 0.001), ("ms", 1.0), ("s", 1000.0)] where word.hasSuffix(unit) {
            return Double(word.dropLast(unit.count)).map { $0 * factor }
        }
        return nil
    }

    private static func word(after label: String, in text: String) -> Substring? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == Substring(label), words.count > 1 { return words[1] }
        }
        return nil
    }
}

import NIOCore
import TLS

/// Streams that run side by side over one way.
struct StreamTrial {
    enum Kind: String, CaseIterable {
        /// To the first token.
        case ttft
        /// Each token's way.
        case token
    }

    private let eventLoop: any EventLoop
    private let port: Int
    private let tls: TLSContext?
    private let streams: Int
    /// Milliseconds.
    private var times: [Kind: [Double]] = [:]

    init(_ eventLoop: any EventLoop, port: Int, tls: TLSContext?, streams: Int) {
        self.eventLoop = eventLoop
        self.port = port
        self.tls = tls
        self.streams = streams
    }

    /// Runs a stream on each of as many connections, which are opened before anything is timed: between two runs of one way the
    /// others may take longer than a gateway keeps an idle connection.
    func run(
        _ clock: TokenClock,
        _ texts: inout StreamTexts,
        tokens: Int
    ) async throws -> [(kind: Kind, milliseconds: [Double])] {
        var clients: [StreamClient] = []
        for _ in 0..<streams {
            clients.append(try await StreamClient.connect(eventLoop, port: port, tls: tls))
        }
        let times = try await run(clients, clock, &texts, tokens: tokens)
        for client in clients { await client.close() }
        return times
    }

    private func run(
        _ clients: [StreamClient],
        _ clock: TokenClock,
        _ texts: inout StreamTexts,
        tokens: Int
    ) async throws -> [(kind: Kind, milliseconds: [Double])] {
        let wanted = clients.map { client in (client, texts.next(tokens: tokens)) }
        return try await withThrowingTaskGroup(of: [(kind: Kind, milliseconds: [Double])].self) { group in
            for (number, (client, tokens)) in wanted.enumerated() {
                group.addTask {
                    let name = "s\(number)"
                    clock.begin(name, tokens)
                    let question = "How do I keep \(tokens[0])\(tokens[tokens.count - 1])?"
                    let arrivals = try await client.ask(
                        #"{"model":"\#(name)","stream":true,"messages":[{"role":"user","content":"\#(question)"}]}"#
                    )
                    return try Self.times(of: arrivals, clock.end(name))
                }
            }
            var all: [(kind: Kind, milliseconds: [Double])] = []
            for try await times in group { all += times }
            return all
        }
    }

    mutating func keep(_ measured: [(kind: Kind, milliseconds: [Double])]) {
        for (kind, milliseconds) in measured { times[kind, default: []] += milliseconds }
    }

    func count(_ kind: Kind) -> Int { times[kind]?.count ?? 0 }

    /// - Parameter share: of the samples that are not above it.
    func time(_ kind: Kind, _ share: Double) -> Double? {
        guard let times = times[kind], !times.isEmpty else { return nil }
        let sorted = times.sorted()
        return sorted[min(sorted.count - 1, max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1))]
    }

    private static func times(
        of arrivals: StreamClient.Arrivals,
        _ stream: TokenClock.Stream?
    ) throws -> [(kind: Kind, milliseconds: [Double])] {
        let wanted = stream.map { $0.tokens.reduce(0) { $0 + $1.utf8.count } }
        guard let stream, let first = arrivals.lengths.first, arrivals.reason == "stop",
            arrivals.lengths.last?.count == wanted
        else {
            throw StreamClient.Failure(
                description: "a stream was not passed on as it was written: status \(arrivals.status), "
                    + "end '\(arrivals.reason)', \(arrivals.lengths.last?.count ?? 0) of \(wanted ?? 0) characters"
            )
        }
        func milliseconds(_ start: NIODeadline, _ end: NIODeadline) -> Double {
            Double((end - start).nanoseconds) / 1e6
        }
        var tokens: [Double] = []
        var (length, arrival) = (0, 0)
        for (token, written) in zip(stream.tokens, stream.written) {
            length += token.utf8.count
            while arrivals.lengths[arrival].count < length { arrival += 1 }
            tokens.append(milliseconds(written, arrivals.lengths[arrival].time))
        }
        return [(.ttft, [milliseconds(arrivals.asked, first.time)]), (.token, tokens)]
    }
}

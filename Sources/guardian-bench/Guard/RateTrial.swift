import NIOCore
import TLS

/// Short questions that begin differently, so that the model reads each anew, on several connections at once.
struct RateTrial {
    let port: Int
    let tls: TLSContext
    let connections: Int
    /// The number in the first question; no gateway is asked one twice.
    let first: Int

    private static func question(_ number: Int) -> String {
        let text = "\(number) loaves were left over: how do I keep bread fresh for longer than a day?"
        return #"{"model":"m","messages":[{"role":"user","content":"\#(text)"}]}"#
    }

    struct Result {
        var answers: Int
        var seconds: Double
        /// Answers a second.
        var rate: Double { Double(answers) / seconds }
    }

    func run(_ eventLoop: any EventLoop, seconds: Int) async throws -> Result {
        var clients: [StreamClient] = []
        for _ in 0..<connections {
            clients.append(try await StreamClient.connect(eventLoop, port: port, tls: tls))
        }
        let start = ContinuousClock.now
        let end = start + .seconds(seconds)
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for (index, client) in clients.enumerated() {
                group.addTask {
                    var count = 0
                    while ContinuousClock.now < end {
                        let answer = try await client.ask(Self.question(first + index + count * connections))
                        guard answer.status == 200 else {
                            throw StreamClient.Failure(description: "a question was answered with \(answer.status)")
                        }
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        let elapsed = start.duration(to: .now) / .seconds(1)
        for client in clients { await client.close() }
        return Result(answers: count, seconds: elapsed)
    }
}
